"""A machine with a real systemd and sshd, in namespaces of its own.

    machine = Machine(folder, "db-1", "v2", "rsyslog", agent)   # boots
    machine.systemctl("stop", "web.service")
    machine.cut() ; machine.mend()                      # its only link to the world
    machine.kill()

The link is a veth pair: `gateway` is the test's end (where the server listens), `address` the
machine's. The machine's cgroups lie in one group of their own. kill() takes all of it away: it
ends PID 1, and with it the kernel ends the rest of that PID namespace.
"""
import ctypes
import itertools
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).parent
NEEDED = ("/lib/systemd/systemd", "/usr/bin/dbus-daemon", "/usr/sbin/sshd", "/usr/sbin/rsyslogd",
          "/lib/systemd/systemd-journald", "sshpass", "ip", "nsenter", "unshare", "ssh-keygen")
NAMESPACES = ("--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--mount-proc",
              "--kill-child=KILL")
TRIAL = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/v1 /run/v2
mount -t cgroup -o none,name=systemd cgroup /run/v1
mount -t cgroup2 cgroup2 /run/v2
ip link add rig0 type veth peer name rig1
"""

PR_SET_PDEATHSIG = 1

_numbers = itertools.count()
_libc = ctypes.CDLL(None)


def why_not():
    """Why this place cannot hold a machine, or None."""
    if os.geteuid() != 0:
        return "only root can make a machine"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return "not installed: " + ", ".join(missing)
    tried = subprocess.run(["unshare", *NAMESPACES, "sh", "-c", TRIAL], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=20)
    if tried.returncode != 0:
        said = tried.stderr.strip().splitlines() or ["unshare fails"]
        return "no namespaces with mounts and links of their own here: " + said[0]
    return None


def _run(*command, check=True, seconds=60):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=seconds)
    assert not check or done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
    return done


class Machine:
    def __init__(self, folder, name, hierarchy, log, agent):
        """`hierarchy` of cgroups: v1 or v2; `log`: rsyslog or systemd-journald."""
        self.name, self.hierarchy = name, hierarchy
        self.folder = pathlib.Path(folder) / f"machine-{name}"
        number = next(_numbers)
        self.link = f"rig{os.getpid() % 1000000}{'abcdefgh'[number % 8]}"
        # Of the range that is set aside for tests of networks (RFC 2544).
        net, first = f"198.18.{random.randrange(256)}", 4 * random.randrange(64)
        self.gateway, self.address = f"{net}.{first + 1}", f"{net}.{first + 2}"
        self.groups, self.launcher, self.pid = [], None, None
        self._write_files({"FOLDER": self.folder, "AGENT": agent, "LOG": log})
        try:
            self._boot()
        except BaseException:
            self.kill()
            raise

    def _write_files(self, words):
        units = self.folder / "units"
        units.mkdir(parents=True)
        (self.folder / "hostname").write_text(self.name + "\n")
        (self.folder / "agent.env").write_text("")
        for source in [*(HERE / "units").iterdir(), HERE / "rsyslog.conf", HERE / "sshd_config"]:
            text = source.read_text()
            for word, value in words.items():
                text = text.replace(f"@{word}@", str(value))
            place = units if source.parent.name == "units" else self.folder
            (place / source.name).write_text(text)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "host_key")

    def _boot(self):
        self._make_groups()
        log = open(self.folder / "boot.log", "ab")
        with log:
            self.launcher = subprocess.Popen(
                ["unshare", *NAMESPACES, HERE / "machine.sh", self.folder, self.hierarchy],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self._settle)
        children = pathlib.Path(f"/proc/{self.launcher.pid}/task/{self.launcher.pid}/children")
        self.pid = int(self._wait(lambda: children.read_text().split(), "PID 1")[0])
        _run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns",
             self.pid)
        _run("ip", "addr", "add", f"{self.gateway}/30", "dev", self.link)
        _run("ip", "link", "set", self.link, "up")
        self.run("ip", "addr", "add", f"{self.address}/30", "dev", "eth0", spaces="-n")
        self.run("ip", "link", "set", "eth0", "up", spaces="-n")

    # -- a cgroup for the machine, in every hierarchy that is mounted here --

    def _make_groups(self):
        for mount in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
            place, kind = mount.split()[4], mount.split(" - ")[1].split()[0]
            group = pathlib.Path(place) / self.link
            if kind not in ("cgroup", "cgroup2") or not os.access(place, os.W_OK):
                continue
            group.mkdir()
            self.groups.append(group)
            if (group / "cpuset.cpus").exists() and kind == "cgroup":
                for name in ("cpuset.cpus", "cpuset.mems"):  # empty ones take no process
                    (group / name).write_text((group.parent / name).read_text())

    def _settle(self):
        """In the launcher: the machine's cgroups, and no life after the test run's."""
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for group in self.groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    def _remove_groups(self):
        for group in self.groups:
            for folder, _, _ in os.walk(group, topdown=False):
                self._wait(lambda: _rmdir(folder), f"{folder} empty")
        self.groups = []

    # -- what a test does with it --

    def _wait(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            alive = self.launcher is None or self.launcher.poll() is None
            assert alive or not self.pid, f"machine {self.name} ended: {self.boot_log()}"
            assert time.monotonic() < deadline, f"{what}: {self.boot_log()}"
            time.sleep(0.02)
        return result

    def boot_log(self):
        return (self.folder / "boot.log").read_text(errors="replace")[-3000:]

    def run(self, *command, spaces="-mpuinC", check=True):
        """Runs a command inside."""
        chosen = [f"-{letter}" for letter in spaces.lstrip("-")]
        return _run("nsenter", "-t", self.pid, *chosen, *command, check=check)

    def systemctl(self, *arguments, check=True):
        return self.run("systemctl", *arguments, check=check)

    def wait_active(self, *units):
        for unit in units:
            self._wait(lambda: self.systemctl("is-active", unit, check=False).returncode == 0,
                       f"{unit} active")
        return self

    def cut(self):
        _run("ip", "link", "set", self.link, "down")

    def mend(self):
        _run("ip", "link", "set", self.link, "up")

    def kill(self):
        """As if the power went."""
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.launcher:
            if not self.pid:
                self.launcher.kill()
            self.launcher.wait(20)
        _run("ip", "link", "delete", self.link, check=False)
        self.launcher = self.pid = None
        self._remove_groups()


def _rmdir(folder):
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
