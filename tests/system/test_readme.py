"""The commands of the README's "Using it" are run as they stand, on ports and in a directory of this test's own."""

import os
import re
import socket
import subprocess
import tempfile
import unittest

from support import BIN, NAMES, TOP


def free_port_base():
    """Four free ports in a row, as `anju up` takes them."""
    for base in range(21000, 29000, 17):
        sockets = []
        try:
            for port in range(base, base + 4):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for taken in sockets:
                taken.close()
    raise AssertionError("no four free ports in a row")


class Readme(unittest.TestCase):
    def test_using_it(self):
        text = (TOP / "README.md").read_text(encoding="utf-8")
        commands = re.search(r"## Using it\n+```sh\n(.*?)```", text, re.DOTALL).group(1)
        self.assertIn("anju up --data /var/lib/anju &", commands)
        base = free_port_base()
        with tempfile.TemporaryDirectory(prefix="anju-readme-") as directory:
            commands = commands.replace("--data /var/lib/anju", f"--data {directory}/data --port-base {base}").replace("$PWD/build/bin", str(BIN))
            commands = commands.replace("/var/backups/anju", f"{directory}/backup").replace("/srv/anju", f"{directory}/restored")
            script = "set -e\ntrap 'kill %1; wait' EXIT\n" + commands
            env = dict(os.environ, LANG="C.UTF-8", **{f"ANJU_{name.upper()}": f"127.0.0.1:{base + i}" for i, name in enumerate(NAMES)})
            result = subprocess.run(["timeout", "60", "bash", "-c", script], cwd=TOP, env=env, capture_output=True)
        out = result.stdout.decode()
        self.assertEqual(0, result.returncode, out + result.stderr.decode())
        self.assertIn("61.58", out)

    def test_the_demonstration_script(self):
        """Nothing to install or build any more: what is left is the demonstration."""
        env = dict(os.environ, LANG="C.UTF-8", ANJU_BUILD_DIR=str(BIN.parent))
        result = subprocess.run([TOP / "deploy" / "demo", "--once"], env=env, cwd="/", capture_output=True, timeout=120)
        self.assertEqual(0, result.returncode, result.stdout.decode() + result.stderr.decode())
        self.assertIn("179555", result.stdout.decode())

    def test_every_script_named_exists(self):
        text = (TOP / "README.md").read_text(encoding="utf-8")
        for name in set(re.findall(r"(?:\./)?((?:deploy|tests|\.ci)/[a-z_/]+(?:\.sh|\.csv)?)(?=[\s`)])", text)):
            self.assertTrue((TOP / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
