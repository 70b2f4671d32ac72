/* SPDX-License-Identifier: MIT */
/* sentora-server: one process that receives, keeps, watches, tells and shows. */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "server/server.h"

static void set_up_logging(const struct server_options *options)
{
    if (!log_set_level_name(options->log_level))
        log_warn("server", "unknown log level, using info level=%s", options->log_level);
    if (options->log_file == NULL)
        return;
    if (log_to_file(options->log_file) != 0)
        log_warn("server", "cannot write the log file path=%s", options->log_file);
}

static int run(const struct server_options *options)
{
    struct server *server = NULL;
    struct problem problem = {0};
    server_block_signals();
    int error = server_new(options, &server, &problem);
    if (error == 0)
        error = server_listen(server, &problem);
    if (error != 0) {
        log_error("server", "%s", problem.text);
        server_free(server);
        return 1;
    }
    error = server_run(server);
    server_free(server);
    return error == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct config config;
    struct server_options options;
    int status = server_options_load(argc, argv, &config, &options);
    if (status == 0) {
        set_up_logging(&options);
        status = run(&options);
    } else if (status < 0) {
        status = 0;
    }
    config_deinit(&config);
    return status;
}
