"""Keeps the rpm of every package that is installed through dnf, so that an update can install it again without a network.

As upstream's plugin of this name. Nothing is ever taken out of the store: another layer may still have that package.
"""
import os
import shutil

import dnf

STORE = '/var/imgbased/persisted-rpms'
# The image itself is not the administrator's package.
IMAGE = 'reference-node-image-update'


class ImgbasedPersist(dnf.Plugin):
    name = 'imgbased-persist'

    # Before the transaction: what cannot be kept is not installed.
    def pre_transaction(self):
        for package in self.base.transaction.install_set:
            if package.name != IMAGE:
                keep(package.localPkg(), '%s-%s-%s.%s.rpm' % (
                    package.name, package.version, package.release, package.arch))


def keep(source, name):
    os.makedirs(STORE, exist_ok=True)
    target = os.path.join(STORE, name)
    try:
        shutil.copyfile(source, target + '.new')
        with open(target + '.new', 'rb') as file:
            os.fsync(file.fileno())
        os.rename(target + '.new', target)
        directory = os.open(STORE, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
    except OSError as error:
        raise dnf.exceptions.Error('cannot keep %s in %s: %s' % (name, STORE, error))
