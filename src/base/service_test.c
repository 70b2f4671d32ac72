/* SPDX-License-Identifier: MIT */
#include "base/service.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

START_TEST(says_it_to_the_socket)
{
    char dir[64];
    unit_make_folder(dir, sizeof(dir));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
    int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);

    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    ck_assert(service_notify("READY=1"));
    char got[32] = "";
    ck_assert_int_eq(recv(listener, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
    ck_assert_str_eq(got, "READY=1");

    close(listener);
    unlink(address.sun_path);
    rmdir(dir);
    ck_assert(!service_notify("READY=1"));
}
END_TEST

START_TEST(nobody_listens_without_a_manager)
{
    unsetenv("NOTIFY_SOCKET");
    ck_assert(!service_notify("READY=1"));
    setenv("NOTIFY_SOCKET", "relative", 1);
    ck_assert(!service_notify("READY=1"));
}
END_TEST

UNIT_MAIN("service", says_it_to_the_socket, nobody_listens_without_a_manager)
