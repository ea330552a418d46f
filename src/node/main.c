/* The program. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "node/cli/cli.h"
#include "node/commands/commands.h"

/* A standard descriptor that is closed would be given to the next file that is opened. Its place is taken by one that fails the wrong way
 * round: reading from what can only be written, writing to what can only be read. */
static void hold_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

int main(int argc, char **argv) {
    static const airsi_command *const commands[] = {
        &airsi_command_run,     &airsi_command_pipe,  &airsi_command_validate,
        &airsi_command_inspect, &airsi_command_bench, &airsi_command_version,
    };
    hold_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a closed reader is an error of write, not the end of the program */
    return airsi_cli_main(argc, argv, commands, sizeof commands / sizeof commands[0]);
}
