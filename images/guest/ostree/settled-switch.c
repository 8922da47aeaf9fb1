/* Has GRUB see the switch to another menu at once. It does not replay the journal of /boot, in which the switch may lie for long, and
 * libostree 2022.7 goes on to remove what the old menu leads to: with the power gone then, nothing would start (ostree#3392; from 2025.2
 * on libostree does this itself).
 *
 * Stands before libc's function: preloaded, or linked into a program.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

/* All that lies in the journal gets to its place. Nobody can write meanwhile: no signal may come in between. */
static int
settle (int directory)
{
  sigset_t all, before;
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &before);
  int settled = ioctl (directory, FIFREEZE, 0);
  int error = errno;
  if (settled == 0)
    ioctl (directory, FITHAW, 0);
  sigprocmask (SIG_SETMASK, &before, NULL);
  errno = error;
  /* one that cannot be frozen has no journal */
  return settled == 0 || error == EOPNOTSUPP ? 0 : -1;
}

int
renameat (int from_directory, const char *from, int to_directory, const char *to)
{
  int (*next) (int, const char *, int, const char *) = dlsym (RTLD_NEXT, "renameat");
  int renamed = next (from_directory, from, to_directory, to);
  return renamed == 0 && strcmp (to, "loader") == 0 ? settle (to_directory) : renamed;
}
