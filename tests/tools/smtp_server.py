#!/usr/bin/python3
"""A mail server for the tests, on loopback: aiosmtpd, which is not ours, judged by Python's email package.

It prints its port, takes mail until its stdin ends (or two minutes are over), and writes a line of JSON for each mail
that it took. What it says to a recipient follows from the name: busy@ 450, nobody@ 550, spam@ 554 after the message,
slow@ nothing for a minute; kill@ is taken and the process of the number in the file `victim` killed before the answer.
"""
import argparse
import asyncio
import email
import email.policy
import json
import os
import signal
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--certificate", help="certificate and key in one file")
parser.add_argument("--smtps", action="store_true")
parser.add_argument("--login", help="user:password")
arguments = parser.parse_args()


def told(message):
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    parts = {part.get_content_type(): part for part in parsed.walk() if not part.is_multipart()}
    bare = message.replace(b"\r\n", b"")
    return {
        "from": str(parsed["From"]),
        "to": str(parsed["To"]),
        "subject": str(parsed["Subject"]),
        "date": parsed["Date"].datetime.isoformat(),
        "message_id": str(parsed["Message-ID"]),
        "auto_submitted": str(parsed["Auto-Submitted"]),
        "language": str(parsed["Content-Language"]),
        "type": parsed.get_content_type(),
        "headers": len(parsed.keys()),
        "text": parts["text/plain"].get_content().replace("\r\n", "\n"),
        "html": parts["text/html"].get_content().replace("\r\n", "\n"),
        "defects": [str(each) for part in parsed.walk() for each in part.defects],
        "bare_line_ends": b"\r" in bare or b"\n" in bare,
        "longest_line": max(len(line) for line in message.split(b"\r\n")),
    }


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "busy":
            return "450 4.2.1 <%s>: try later" % address
        if name == "nobody":
            return "550 5.1.1 <%s>: no such mailbox" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "slow":
            await asyncio.sleep(60)
        if name == "spam":
            return "554 5.7.1 <%s>: looks like spam" % envelope.rcpt_tos[0]
        line = dict(
            told(envelope.content),
            mail_from=envelope.mail_from,
            rcpt_to=envelope.rcpt_tos,
            smtputf8=envelope.smtp_utf8,
            tls=session.ssl is not None or arguments.smtps,
            login=session.auth_data.login.decode() if session.auth_data else None,
            peer=session.peer[1],
            name=session.host_name,
        )
        with open(os.path.join(arguments.folder, "taken"), "a", encoding="utf-8") as taken:
            taken.write(json.dumps(line) + "\n")
        victim = os.path.join(arguments.folder, "victim")
        if name == "kill" and os.path.exists(victim):
            with open(victim, encoding="utf-8") as file:
                os.kill(int(file.read()), signal.SIGKILL)
            os.remove(victim)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    user, password = arguments.login.split(":")
    right = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=right, handled=right, auth_data=data)


context = None
if arguments.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate)


def session():
    return SMTP(
        Handler(),
        hostname="mail.example",
        enable_SMTPUTF8=True,
        tls_context=None if arguments.smtps else context,
        require_starttls=context is not None and not arguments.smtps,
        auth_required=arguments.login is not None,
        auth_require_tls=not arguments.smtps,
        authenticator=authenticate if arguments.login else None,
    )


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", arguments.port, ssl=context if arguments.smtps else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await asyncio.sleep(120)


asyncio.run(serve())
