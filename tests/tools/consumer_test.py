#!/usr/bin/env python3
"""The installed tree and the Debian packages, each used by examples/consumer. usage: consumer_test.py GTN REPOSITORY BUILD

The second compilation is of the same files at the same place, so that ccache, where there is one, answers it."""
import filecmp
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import support

GTN, REPOSITORY, BUILD = map(pathlib.Path, sys.argv[1:4])
TEACHER = "share/gtn/pretrained/fashion_mnist.safetensors"


def files_below(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


class Consumer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.tree = cls.root / "tree"
        support.must("cmake", "--install", BUILD, "--prefix", cls.tree)

    def build_consumer(self, tree):
        """Accuracy in percent of the example's network, compiled against `tree`."""
        prefix, build = self.root / "prefix", self.root / "build"
        for old in (prefix, build):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(tree, prefix)
        launcher = shutil.which("ccache")
        support.must("cmake", "-S", prefix / "share/gtn/examples/consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
                     "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", *([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else []))
        support.must("cmake", "--build", build)
        code, said = support.run(build / "my_network", prefix / TEACHER)
        if "apt install dataset-fashion-mnist" in said:
            self.skipTest("no Fashion-MNIST to judge on")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"^gtn \d+\.\d+\.\d+: 101632 parameters, \d+ steps, [\d.]+ % of the test images\n$")
        return float(said.split()[-6])

    def test_a_project_finds_the_installed_library_and_teaches_its_own_network(self):
        self.assertGreater(self.build_consumer(self.tree), 60)  # chance is 10 %

    def test_installed_headers_include_installed_headers_alone(self):
        include = self.tree / "include"
        for header in include.rglob("*.h"):
            for line in header.read_text(encoding="utf-8").splitlines():
                if line.startswith('#include "'):
                    self.assertTrue((include / line.split('"')[1]).is_file(), f"{header}: {line}")
                for private in ("toml++", "SQLiteCpp", "png.h", "turbojpeg.h", "zlib.h"):
                    self.assertFalse(line.startswith(f"#include <{private}"), f"{header}: {line}")

    def test_the_debian_packages_hold_the_installed_tree(self):
        if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
            self.skipTest("no dpkg-dev")
        debs, unpacked = self.root / "debs", self.root / "unpacked"
        support.must("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", debs, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none",
                     "-D", "CPACK_STRIP_FILES=OFF")
        fields = {}
        for deb in debs.glob("*.deb"):
            support.must("dpkg-deb", "-x", deb, unpacked)
            fields[deb.name.split("_")[0]] = support.must("dpkg-deb", "-f", deb, "Depends")
        self.assertEqual(sorted(fields), ["gtn", "libgtn-dev"])
        self.assertIn("libtorch1.13", fields["gtn"])
        self.assertIn("libtorch-dev", fields["libgtn-dev"])
        usr = unpacked / "usr"
        names = files_below(self.tree)
        self.assertEqual(files_below(usr), names)
        _, different, unread = filecmp.cmpfiles(self.tree, usr, names, shallow=False)
        self.assertEqual((different, unread), ([], []))
        self.assertGreater(self.build_consumer(usr), 60)


if __name__ == "__main__":
    compiler = subprocess.run(["cmake", "--version"], capture_output=True, check=False)
    if compiler.returncode != 0 or not (BUILD / "CPackConfig.cmake").is_file():
        print("skipped: this build installs nothing")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
