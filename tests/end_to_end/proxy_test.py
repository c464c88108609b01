# SPDX-License-Identifier: Apache-2.0
"""The exchange behind an HTTP proxy, by the environment and by the option. The proxy is one of this test: it tunnels
what CONNECT asks for, with a password or without."""

import base64
import select
import socket
import threading

import support

QUICK = ("reconnect: { first: 1s, max: 60s }", "reconnect: { first: 20ms, max: 100ms }")
CLEAN = {name: "" for stem in ("wss_proxy", "https_proxy", "ws_proxy", "http_proxy", "all_proxy", "no_proxy")
         for name in (stem, stem.upper())}


class Proxy:
    """Tunnels, each on a thread of its own; `asked` has the request heads."""

    def __init__(self, test, user=None):
        self.user = user
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self.listener.close)
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(client,), daemon=True).start()

    def tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            got = client.recv(4096)
            if not got:
                return
            head += got
        text = head.decode()
        self.asked.append(text)
        if self.user and base64.b64encode(self.user.encode()).decode() not in text:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                           b"Content-Length: 0\r\n\r\n")
            client.close()
            return
        host, port = text.split()[1].rsplit(":", 1)
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {client: server, server: client}
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    try:
                        data = ready.recv(65536)
                        other[ready].sendall(data)
                    except OSError:
                        return
                    if not data:
                        return


class ProxyTest(support.Case):
    def run_through(self, variables, *edits, tls=False):
        exchange = support.Simulator(self, "--frames", 500, "--rate", "0", *(["--tls"] if tls else []))
        sluice = self.start(exchange, (QUICK[0], "\n    ".join([QUICK[1], *edits])), environment={**CLEAN, **variables})
        exchange.wait_for_end_of_data()
        self.wait_for_rows(sluice, 500)
        result = sluice.stop()
        self.assert_all_delivered(result, 500)
        self.assert_stored_as_sent(exchange.stop())
        return result

    def test_by_the_environment_with_the_exchanges_own_tls_inside(self):
        proxy = Proxy(self)
        result = self.run_through({"HTTPS_PROXY": f"http://{proxy.place}"}, "ca_file: exchange.pem", tls=True)
        self.assertIn(f"going through the proxy {proxy.place}, from HTTPS_PROXY", result.stderr)
        self.assertEqual(len(proxy.asked), 1)
        self.assertTrue(proxy.asked[0].startswith("CONNECT 127.0.0.1:"))

    def test_by_the_option_with_a_password_that_is_never_shown(self):
        proxy = Proxy(self, user="me:sesame open")
        result = self.run_through({"all_proxy": "http://127.0.0.1:1"}, f"proxy: http://me:sesame%20open@{proxy.place}")
        self.assertIn(f"going through the proxy {proxy.place}, from option proxy", result.stderr)
        self.assertNotIn("sesame", result.stderr + result.stdout + str(result.receipt))

    def test_none_and_exempt_places_go_without(self):
        self.run_through({"all_proxy": "http://127.0.0.1:1"}, "proxy: none")
        self.store.unlink()
        self.run_through({"all_proxy": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.0/8"})

    def test_what_is_wrong_is_said_by_validate(self):
        proxy = Proxy(self, user="me:secret")
        graph = self.quickstart()
        variables = {**CLEAN, "BINANCE_WS_URL": "ws://exchange.invalid", "SQLITE_PATH": str(self.store)}

        def said(url):
            code, out, err = self.run_command("validate", "--connect", graph,
                                              environment={**variables, "all_proxy": url})
            self.assertNotEqual(code, 0)
            return out + err

        self.assertIn(f"exchange.invalid through the proxy {proxy.place}: ", said(f"http://{proxy.place}"))
        self.assertIn("407 Proxy Authentication Required", said(f"http://{proxy.place}"))
        refused = said(f"http://me:guess@{proxy.place}")
        self.assertIn("does not take the user name and password of all_proxy", refused)
        self.assertNotIn("guess", refused)
        self.assertIn("127.0.0.1:1: Connection refused; the proxy is from all_proxy", said("http://127.0.0.1:1"))
        self.assertIn("has the scheme 'socks5', and only http is spoken here", said("socks5://127.0.0.1:1080"))


if __name__ == "__main__":
    support.main()
