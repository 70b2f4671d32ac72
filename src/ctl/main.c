/* SPDX-License-Identifier: MIT */
/* sentora - the command line for people: hosts, alerts, queries, backups. */
#include <unistd.h>

#include "ctl/command.h"

int main(int argc, char **argv)
{
    return ctl_main(argc, argv, environ);
}
