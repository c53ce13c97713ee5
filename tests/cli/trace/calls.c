// Makes the system calls that its arguments name, such as `read:a/b` or `write:a/b:text`, and prints what they give.
// Without a path in an argument of its own, so that none counts as a file argument.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *path, *other;
static int shows_dates;

static int failed(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
    return 0;
}

static void show(int fd) {
    char bytes[4096];
    if (fd < 0) { failed("open"); return; }
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count < 0) failed("read");
    else printf("[%.*s]\n", (int)count, bytes);
    close(fd);
}

static void *show_in_thread(void *unused) {
    (void)unused;
    show(open(path, O_RDONLY));
    return NULL;
}

static void show_stat(const struct stat *found) {
    printf("mode %o owner %d", (int)found->st_mode, (int)found->st_uid);
    if (S_ISREG(found->st_mode)) printf(" size %ld", (long)found->st_size);
    if (S_ISREG(found->st_mode) && shows_dates)
        printf(" date %ld.%ld", (long)found->st_mtim.tv_sec, found->st_mtim.tv_nsec);
    printf("\n");
}

static int by_name(const void *one, const void *two) { return strcmp(*(char **)one, *(char **)two); }

static void list(void) {
    char *names[256];
    int count = 0;
    DIR *opened = opendir(path);
    if (!opened) { failed("opendir"); return; }
    for (struct dirent *entry; (entry = readdir(opened)) && count < 256;) {
        names[count] = malloc(300);
        snprintf(names[count++], 300, "%s %d", entry->d_name, entry->d_type);
    }
    closedir(opened);
    qsort(names, count, sizeof *names, by_name);
    for (int at = 0; at < count; at++) puts(names[at]);
}

static void put(int fd, const char *text) {
    if (fd < 0) { failed("open"); return; }
    if (write(fd, text, strlen(text)) < 0) failed("write");
    close(fd);
}

static void told(int result, const char *what) {
    if (result < 0) failed(what);
    else printf("%s\n", what);
}

static void map(void) {
    int fd = open(path, O_RDWR);
    if (fd < 0) { failed("open"); return; }
    char *mapped = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct stat found;
    fstat(fd, &found);
    if (mapped != MAP_FAILED && found.st_size > 0) {
        printf("was %c\n", *mapped);
        *mapped = *other;
    }
    close(fd);
}

static void execute(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl(path, path, (char *)NULL);
        printf("exec: %s\n", strerror(errno));
        fflush(stdout);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("status %d\n", status);
}

static void at_directory(void) {
    int directory = open(path, O_PATH | O_DIRECTORY);
    if (directory < 0) { failed("open"); return; }
    show(openat(directory, other, O_RDONLY));
    struct stat found;
    if (fstatat(directory, other, &found, AT_SYMLINK_NOFOLLOW) < 0) failed("fstatat");
    else show_stat(&found);
    close(directory);
}

static void by_descriptor(void) {
    char name[40];
    int fd = open(path, O_PATH);
    if (fd < 0) { failed("open"); return; }
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    show(open(name, O_RDONLY));
    close(fd);
}

static void call(char *op) {
    struct stat found;
    char target[512];
    ssize_t length;
    struct timespec date[2] = {{1000000, 7}, {1000000, 7}};
    pthread_t thread;
    if (!strcmp(op, "dates")) shows_dates = 1;
    else if (!strcmp(op, "read")) show(open(path, O_RDONLY));
    else if (!strcmp(op, "thread")) { pthread_create(&thread, NULL, show_in_thread, NULL); pthread_join(thread, NULL); }
    else if (!strcmp(op, "access")) told(access(path, R_OK), "access");
    else if (!strcmp(op, "executable")) told(access(path, X_OK), "executable");
    else if (!strcmp(op, "stat")) { if (stat(path, &found) < 0) failed("stat"); else show_stat(&found); }
    else if (!strcmp(op, "lstat")) { if (lstat(path, &found) < 0) failed("lstat"); else show_stat(&found); }
    else if (!strcmp(op, "list")) list();
    else if (!strcmp(op, "readlink")) {
        if ((length = readlink(path, target, sizeof target)) < 0) failed("readlink");
        else printf("-> %.*s\n", (int)length, target);
    }
    else if (!strcmp(op, "write")) put(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), other);
    else if (!strcmp(op, "append")) put(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644), other);
    else if (!strcmp(op, "overwrite")) put(open(path, O_WRONLY), other);
    else if (!strcmp(op, "excl")) put(open(path, O_WRONLY | O_CREAT | O_EXCL, 0644), other);
    else if (!strcmp(op, "update")) {
        int fd = open(path, O_RDWR | O_CREAT, 0644);
        if (fd >= 0) { show(dup(fd)); }
        put(fd, other);
    }
    else if (!strcmp(op, "mkdir")) told(mkdir(path, 0755), "mkdir");
    else if (!strcmp(op, "symlink")) told(symlink(other, path), "symlink");
    else if (!strcmp(op, "link")) told(link(path, other), "link");
    else if (!strcmp(op, "unlink")) told(unlink(path), "unlink");
    else if (!strcmp(op, "rmdir")) told(rmdir(path), "rmdir");
    else if (!strcmp(op, "rename")) told(rename(path, other), "rename");
    else if (!strcmp(op, "noreplace")) told(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_NOREPLACE), "noreplace");
    else if (!strcmp(op, "exchange")) told(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE), "exchange");
    else if (!strcmp(op, "chmod")) told(chmod(path, strtol(other, NULL, 8)), "chmod");
    else if (!strcmp(op, "date")) told(utimensat(AT_FDCWD, path, date, 0), "date");
    else if (!strcmp(op, "truncate")) told(truncate(path, strlen(other)), "truncate");
    else if (!strcmp(op, "map")) map();
    else if (!strcmp(op, "chdir")) told(chdir(path), "chdir");
    else if (!strcmp(op, "exec")) execute();
    else if (!strcmp(op, "at")) at_directory();
    else if (!strcmp(op, "descriptor")) by_descriptor();
    else abort();
}

int main(int count, char **words) {
    for (int at = 1; at < count; at++) {
        char *op = strdup(words[at]);
        path = strchr(op, ':');
        if (!path) abort();
        *path++ = 0;
        other = strchr(path, ':');
        if (other) *other++ = 0;
        call(op);
    }
    return 0;
}
