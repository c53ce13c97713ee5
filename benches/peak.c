/* peak COMMAND [ARGS]: runs the command and prints its peak resident memory, in KiB, on standard error.
 *
 * Linux starts the count of a new process with the memory of its parent. So the parent has to be smaller
 * than the command, which Python is not. */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int count, char **words) {
    pid_t child;
    int status;
    struct rusage usage;
    if (count < 2 || posix_spawnp(&child, words[1], NULL, NULL, words + 1, environ) != 0) return 125;
    if (wait4(child, &status, 0, &usage) != child) return 125;
    fprintf(stderr, "%ld\n", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
