/* Makes a deployment the default of the next boot: `ostree admin set-default`, which libostree 2022.7 does not have yet.
 *
 *   ostree-set-default INDEX     as `ostree admin status` counts, from 0
 *
 * A staged deployment would become the default when the host goes down, whatever is written here: it is dropped first.
 */
#include <ostree.h>
#include <stdlib.h>
#include <unistd.h>

static gboolean
set_default (OstreeSysroot *sysroot, guint64 index, GError **error)
{
  if (!ostree_sysroot_lock (sysroot, error) || !ostree_sysroot_load (sysroot, NULL, error))
    return FALSE;
  g_autoptr (GPtrArray) deployments = ostree_sysroot_get_deployments (sysroot);
  if (index >= deployments->len)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "there is no deployment %" G_GUINT64_FORMAT ": there are %u", index, deployments->len);
      return FALSE;
    }
  g_autoptr (OstreeDeployment) chosen = g_object_ref (deployments->pdata[index]);
  if (ostree_deployment_is_staged (chosen))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "deployment %" G_GUINT64_FORMAT " is staged: it is the default already", index);
      return FALSE;
    }
  g_autoptr (GPtrArray) order = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (order, g_object_ref (chosen));
  for (guint i = 0; i < deployments->len; i++)
    if (i != index && !ostree_deployment_is_staged (deployments->pdata[i]))
      g_ptr_array_add (order, g_object_ref (deployments->pdata[i]));
  return ostree_sysroot_write_deployments (sysroot, order, NULL, error);
}

int
main (int argc, char **argv)
{
  gchar *end = NULL;
  guint64 index = argc == 2 ? g_ascii_strtoull (argv[1], &end, 10) : 0;
  if (end == NULL || end == argv[1] || *end != '\0')
    {
      g_printerr ("usage: ostree-set-default INDEX\n");
      return 2;
    }
  g_autoptr (OstreeSysroot) sysroot = ostree_sysroot_new_default ();
  g_autoptr (GError) error = NULL;
  /* /sysroot is mounted read-only; libostree remounts it in a namespace of our own. */
  if (!ostree_sysroot_initialize_with_mount_namespace (sysroot, NULL, &error) || !set_default (sysroot, index, &error))
    {
      g_printerr ("ostree-set-default: %s\n", error->message);
      return 1;
    }
  return 0;
}
