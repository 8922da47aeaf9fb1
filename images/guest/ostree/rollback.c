/* Makes an older deployment the default of the next boot, as `rpm-ostree rollback` does: libostree 2022.7 has no command for it.
 *
 *   ostree-rollback              to the newest of those that are older than the one that runs
 *   ostree-rollback DEPLOYMENT   to this one: CHECKSUM.SERIAL
 *
 * Ends with REFUSED, and has changed nothing, if there is no such deployment.
 *
 * A staged deployment would become the default when the host goes down, whatever is written here: it is dropped first.
 */
#define _GNU_SOURCE
#include <ostree.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED 3

/* Empty if its commit has none. */
static gchar *
version_of (OstreeSysroot *sysroot, OstreeDeployment *deployment, GError **error)
{
  OstreeRepo *repo = ostree_sysroot_repo (sysroot);
  g_autoptr (GVariant) commit = NULL;
  if (!ostree_repo_load_commit (repo, ostree_deployment_get_csum (deployment), &commit, NULL, error))
    return NULL;
  g_autoptr (GVariant) metadata = g_variant_get_child_value (commit, 0);
  const gchar *version = "";
  g_variant_lookup (metadata, "version", "&s", &version);
  return g_strdup (version);
}

/* By what they are, and one commit that was deployed twice by serial number: the host's clock may have been set back, and the order
 * of the list says what starts next. */
static gint
by_age (const gchar *version_a, OstreeDeployment *a, const gchar *version_b, OstreeDeployment *b)
{
  gint order = strverscmp (version_a, version_b);
  return order != 0 ? order : ostree_deployment_get_deployserial (a) - ostree_deployment_get_deployserial (b);
}

/* *OLDER is NULL if there is none. */
static gboolean
newest_of_the_older (OstreeSysroot *sysroot, GPtrArray *deployments, OstreeDeployment **older, GError **error)
{
  OstreeDeployment *booted = ostree_sysroot_get_booted_deployment (sysroot);
  if (booted == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no deployment is booted");
      return FALSE;
    }
  g_autofree gchar *limit = version_of (sysroot, booted, error);
  g_autofree gchar *newest = NULL;
  if (limit == NULL)
    return FALSE;
  for (guint i = 0; i < deployments->len; i++)
    {
      OstreeDeployment *one = deployments->pdata[i];
      if (ostree_deployment_is_staged (one))
        continue;
      g_autofree gchar *version = version_of (sysroot, one, error);
      if (version == NULL)
        return FALSE;
      if (by_age (version, one, limit, booted) >= 0)
        continue;
      if (*older != NULL && by_age (version, one, newest, *older) < 0)
        continue;
      *older = one;
      g_free (newest);
      newest = g_steal_pointer (&version);
    }
  return TRUE;
}

static OstreeDeployment *
named (GPtrArray *deployments, const gchar *name)
{
  for (guint i = 0; i < deployments->len; i++)
    {
      OstreeDeployment *one = deployments->pdata[i];
      g_autofree gchar *own
          = g_strdup_printf ("%s.%d", ostree_deployment_get_csum (one), ostree_deployment_get_deployserial (one));
      if (strcmp (own, name) == 0)
        return one;
    }
  return NULL;
}

static gboolean
set_default (OstreeSysroot *sysroot, GPtrArray *deployments, OstreeDeployment *chosen, GError **error)
{
  if (ostree_deployment_is_staged (chosen))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "it is staged, and the default already");
      return FALSE;
    }
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_ptr_array_add (order, chosen);
  for (guint i = 0; i < deployments->len; i++)
    if (deployments->pdata[i] != chosen && !ostree_deployment_is_staged (deployments->pdata[i]))
      g_ptr_array_add (order, deployments->pdata[i]);
  return ostree_sysroot_write_deployments (sysroot, order, NULL, error);
}

/* The status to end with. */
static int
roll_back (OstreeSysroot *sysroot, const gchar *name, GError **error)
{
  /* /sysroot is mounted read-only; libostree remounts it in a namespace of our own. */
  if (!ostree_sysroot_initialize_with_mount_namespace (sysroot, NULL, error) || !ostree_sysroot_lock (sysroot, error)
      || !ostree_sysroot_load (sysroot, NULL, error))
    return EXIT_FAILURE;
  g_autoptr (GPtrArray) deployments = ostree_sysroot_get_deployments (sysroot);
  OstreeDeployment *chosen = NULL;
  if (name != NULL)
    chosen = named (deployments, name);
  else if (!newest_of_the_older (sysroot, deployments, &chosen, error))
    return EXIT_FAILURE;
  if (chosen == NULL)
    {
      g_printerr ("ostree-rollback: there is no such deployment to go back to\n");
      return REFUSED;
    }
  return set_default (sysroot, deployments, chosen, error) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
    {
      g_printerr ("usage: ostree-rollback [DEPLOYMENT]\n");
      return 2;
    }
  g_autoptr (OstreeSysroot) sysroot = ostree_sysroot_new_default ();
  g_autoptr (GError) error = NULL;
  int status = roll_back (sysroot, argc == 2 ? argv[1] : NULL, &error);
  if (error != NULL)
    g_printerr ("ostree-rollback: %s\n", error->message);
  return status;
}
