// Loaded in front of a program: while the file named by QUANJI_TEST_FAILING_SYNC stands, the disk fails to keep what it was given.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int disk_fails(void) {
  const char* flag = getenv("QUANJI_TEST_FAILING_SYNC");
  return flag && access(flag, F_OK) == 0;
}

static int synced(const char* name, int fd) {
  if (disk_fails()) {
    errno = EIO;
    return -1;
  }
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return next(fd);
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
