"""scripts/first_question.py finds the server by its process, shows rows as a table, and prints settings that parse."""

import json
import os
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import first_question  # noqa: E402


class FirstQuestion(unittest.TestCase):
    def test_finds_the_listening_sockets_of_a_process_and_no_others(self):
        with socket.socket() as one, socket.socket(socket.AF_INET6) as two, socket.socket() as bound_only:
            for listener, address in ((one, "127.0.0.1"), (two, "::1"), (bound_only, "127.0.0.1")):
                listener.bind((address, 0))
            one.listen()
            two.listen()
            found = first_question.listening(os.getpid())
            self.assertIn(("127.0.0.1", one.getsockname()[1]), found)
            self.assertIn(("::1", two.getsockname()[1]), found)
            self.assertNotIn(bound_only.getsockname()[1], [port for _, port in found])

    def test_says_when_the_process_is_gone(self):
        pid = os.spawnlp(os.P_NOWAIT, "true", "true")
        os.waitpid(pid, 0)
        with self.assertRaises(first_question.Gone):
            first_question.listening(pid)

    def test_aligns_numbers_to_the_right_and_text_to_the_left(self):
        text = first_question.table(["origin", "n"], [["ATL", 5], ["LAX", 1234], ["?", None]])
        self.assertEqual(text, "  origin     n\n  ------  ----\n  ATL        5\n  LAX     1234\n  ?")

    def test_every_json_setting_is_json_and_names_the_program_or_the_endpoint(self):
        url = "http://127.0.0.1:8000/mcp"
        clients = first_question.settings("build/release/snowflake-mcp", url)
        self.assertEqual(len(clients), 4)
        for name, ways in clients:
            self.assertEqual([way for way, _ in ways], ["same machine", "over HTTP", "over ssh"], name)
            for way, text in ways:
                self.assertIn(url if way == "over HTTP" else os.path.abspath("build/release/snowflake-mcp"), text)
                if text.startswith("{"):
                    self.assertEqual(len(json.loads(text)), 1)
                else:
                    self.assertTrue(text.startswith("claude mcp add "))


if __name__ == "__main__":
    unittest.main()
