"""Stands in for meson-python, the build backend that pip asks for a source archive's metadata: only the sources are wanted."""

import email
import os
import shutil


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        facts = email.message_from_file(file)
    folder = f"{facts['Name']}-{facts['Version']}.dist-info"
    os.makedirs(os.path.join(directory, folder))
    shutil.copy("PKG-INFO", os.path.join(directory, folder, "METADATA"))
    return folder
