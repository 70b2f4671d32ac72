/* SPDX-License-Identifier: MIT */
/*
 * sentora-agent - measures this machine and sends the samples to a Sentora server.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/print.h"
#include "base/log.h"

enum {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

#define PRINT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define SPARE_BYTES     (16 * 1024) /* above what a collection takes and gives back */
#define TRIM_BYTES      (48 * 1024)
#define LARGE_BYTES     (32 * 1024)

/* The settings in use, and those that a SIGHUP has brought. */
struct program {
    int argc;
    char **argv;
    struct config config, next_config;
    struct settings settings, next_settings;
};

static void begin_logging(const struct settings *settings)
{
    if (!log_set_level_name(settings->log_level)) {
        log_set_level(LOG_LEVEL_INFO);
        log_warn("agent", "unknown log level, using info level=%s", settings->log_level);
    }
    if (settings->log_file == NULL || settings->log_file[0] == '\0')
        return;
    int error = log_to_file(settings->log_file);
    if (error != 0)
        log_warn("agent", "log file cannot be opened path=%s: %s", settings->log_file,
                 strerror(-error));
}

static bool reload(void *arg)
{
    struct program *program = arg;
    enum settings_result result = settings_load(program->argc, program->argv, environ,
                                                &program->next_config, &program->next_settings);
    if (result != SETTINGS_GOOD)
        config_deinit(&program->next_config);
    return result == SETTINGS_GOOD;
}

static int run_daemon(struct program *program)
{
    struct agent_options options = {&program->settings, reload, program};
    for (;;) {
        enum agent_end end = agent_run(&options);
        if (end != AGENT_RELOAD)
            return (int)end;
        config_deinit(&program->config);
        program->config = program->next_config;
        program->settings = program->next_settings;
        begin_logging(&program->settings);
        log_info("agent", "configuration loaded again");
    }
}

static int print(const struct settings *settings)
{
    struct buf out;
    buf_init(&out, PRINT_MAX_BYTES);
    int error = strcmp(settings->print, "json") == 0 ? print_json(settings, &out)
                                                     : print_prometheus(settings, &out);
    if (error != 0)
        fprintf(stderr, "error: cannot collect: %s\n", strerror(-error));
    bool is_written =
        error == 0 && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_deinit(&out);
    return is_written ? EXIT_FINE : EXIT_FAILED;
}

static int run(struct program *program)
{
    const struct settings *settings = &program->settings;
    if (settings->print != NULL)
        return print(settings);
    begin_logging(settings);
    int end = settings->once ? (int)agent_once(settings) : run_daemon(program);
    return end == AGENT_ENDED ? EXIT_FINE : end == AGENT_UNUSABLE ? EXIT_USAGE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    /* One heap for all threads; pages that are free go back, and what is large and short-lived
     * stays out of it. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, SPARE_BYTES);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);

    static struct program program;
    program.argc = argc;
    program.argv = argv;
    enum settings_result result =
        settings_load(argc, argv, environ, &program.config, &program.settings);
    int status = result == SETTINGS_GOOD   ? run(&program)
                 : result == SETTINGS_DONE ? EXIT_FINE
                                           : EXIT_USAGE;
    config_deinit(&program.config);
    return status;
}
