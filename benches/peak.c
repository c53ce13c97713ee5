/* peak COMMAND [ARGS]: runs it and prints the most memory that it held, in KiB, on standard error.
 *
 * A process counts what its parent held when it was made, so the parent has to be smaller than what is
 * measured; Python is not. */
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
