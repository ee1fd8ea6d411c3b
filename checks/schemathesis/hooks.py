"""What Schemathesis cannot know of this API: ids of things that are there, and rules that no schema can say.

Random ids find nothing, so each request would end at its 404: an id that nobody gave out is replaced by one of a thing that is there, and
in most requests that ought to be good the fields that have such rules get values that keep them. All other fields stay as they were
generated, and what is wrong on purpose stays wrong.
"""

import atexit
import base64
import hmac
import json
import os
import random
import re
import struct
import threading
import time
from collections import Counter, defaultdict

import requests
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

SERVER = os.environ["RAFFIA_API_URL"]
PROJECT = os.environ["RAFFIA_PROJECT_ID"]
HELPER = {"X-API-Key": os.environ["RAFFIA_HELPER_KEY"], "X-Project-ID": PROJECT}
# Whoever loses these can ask for nothing more: they are never given out, and never put into a request.
OWN = set(os.environ["RAFFIA_OWN_IDS"].split())
GOOD_PASSWORD = "ABcdefgh12345!"
# Where the pages of the server are: what signs in is asked from there.
ORIGIN = os.environ["RAFFIA_ORIGIN"]
SIGN_IN = "/api/raffia/v1/auth/"
SESSION = os.environ["RAFFIA_SESSION"]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
# How many of the requests that ought to be good are helped to be so.
HELPED = 0.8

chance = random.Random(os.environ["RAFFIA_SEED"])
lock = threading.Lock()


class Things:
    """What is there: looked up a few times a second, and made anew where it was used up."""

    def __init__(self):
        self.session = requests.Session()
        self.lists = defaultdict(list)
        self.seen = set()
        self.tokens = {"link": os.environ["RAFFIA_LINKS"].split(), "invitation": []}
        self.revealable = []
        # A machine and a group that its interface has.
        self.attached = []
        self.people = defaultdict(list)
        self.made = 0
        # Names of an earlier run against the same server are taken, whatever the seed.
        self.run = os.urandom(4).hex()
        self.trouble = Counter()

    def call(self, method, path, body=None):
        for _ in range(20):
            answer = self.session.request(method, SERVER + path, json=body, headers=HELPER, timeout=30)
            if answer.status_code != 429:
                break
            time.sleep(1)
        if answer.status_code >= 300:
            self.trouble[f"{method} {re.sub(UUID, '{id}', path)} {answer.status_code} {answer.text[:200]}"] += 1
            return None
        return answer.json()

    def rows(self, path, key="data"):
        found = self.call("GET", path)
        return [] if found is None else (found.get(key) or [])

    def name(self):
        self.made += 1
        return f"helper-{self.made}-{self.run}"

    def refresh(self):
        lists = self.lists
        lists["vm"] = self.rows(f"/api/v1/vms?project_id={PROJECT}&limit=100")
        for kind, path in {
            "project": "/api/v1/projects",
            "sshKey": "/api/v1/ssh-keys?limit=100",
            "apiKey": "/api/v1/api-keys?limit=100",
            "role": "/api/v1/roles?limit=100",
            "member": "/api/v1/members?limit=100",
            "image": "/api/raffia/v1/images?limit=100",
            "snapshot": "/api/v1/snapshots?limit=100",
            "backup": "/api/v1/backups?limit=100",
            "backupSchedule": "/api/v1/backup-schedules?limit=100",
            "vpc": "/api/v1/vpcs?limit=100",
            "ip": "/api/v1/ips?limit=100",
            "volume": "/api/v1/volumes?limit=100",
            "securityGroup": "/api/v1/security-groups?limit=100",
            "projectMember": f"/api/v1/projects/{PROJECT}/members?limit=100",
        }.items():
            lists[kind] = [row for row in self.rows(path) if row.get("id") not in OWN]
        ids = ",".join(row["id"] for row in lists["vm"])
        machines = self.rows(f"/api/raffia/v1/interfaces?ids={ids}") if ids else []
        # The last one of a machine can't go.
        lists["interface"] = [
            {"vm_id": row["vm_id"], **nic} for row in machines if len(row["interfaces"]) > 1 for nic in row["interfaces"]
        ]
        lists["project"] = [row for row in lists["project"] if row["id"] != PROJECT]
        lists["customRole"] = [row for row in lists["role"] if not row["is_system"]]
        lists["invitation"] = [{"id": row["invitation_id"]} for row in lists["member"] if row.get("invitation_id")]
        if not lists["template"]:
            lists["template"] = [row for row in self.rows("/api/v1/public/templates") if not row.get("is_windows")]
            lists["permission"] = self.rows("/api/v1/permissions")
            lists["plan"] = self.rows("/api/v1/public/pricing/vm", "plans")

    def vm(self):
        return {
            "name": self.name(),
            "template_id": chance.choice(self.lists["template"])["id"],
            "pricing_id": 1,
            "region": "us-east",
            "password": GOOD_PASSWORD,
            "skip_vpc": True,
        }

    def role_of(self, scope):
        fit = [row for row in self.lists["role"] if row["scope"] == scope and row["slug"] != "owner"]
        return chance.choice(fit)["id"] if fit else None

    def permissions_of(self, scope):
        names = [row["name"] for row in self.lists["permission"] if row["scope"] == scope]
        return chance.sample(names, min(3, len(names)))

    def top_up(self):
        lists = self.lists
        vms = Counter(row["status"] for row in lists["vm"])
        if vms["active"] < 6:
            for _ in range(3):
                self.call("POST", "/api/v1/vms", self.vm())
        if sum(not row.get("public_ipv4_address") for row in lists["vm"]) < 2:
            private = {name: value for name, value in self.vm().items() if name != "skip_vpc"}
            self.call("POST", "/api/v1/vms", {**private, "skip_public_ip": True})
        # To a stopped one its snapshots and its backups can be restored: there is always one that has a snapshot, and one that has a backup.
        running, passive = ([row["id"] for row in lists["vm"] if row["status"] == state] for state in ("active", "passive"))
        to_stop = set()
        for kind in ("snapshot", "backup"):
            kept = {row.get("product_vm") for row in lists[kind] if kind == "snapshot" or row["status"] == "ready"}
            if not kept.intersection(passive):
                to_stop.update([vm for vm in running if vm in kept][:1])
        if len(passive) + len(to_stop) < 4:
            to_stop.update(running[:2])
        for vm in to_stop:
            self.call("POST", f"/api/v1/vms/{vm}/stop")
        active = [row["id"] for row in lists["vm"] if row["status"] in ("active", "passive")]
        if len([row for row in lists["image"] if row["status"] == "ready"]) < 3 and active:
            self.call("POST", f"/api/v1/vms/{chance.choice(active)}/save-image", {"name": self.name()})
        spare = [row for row in lists["snapshot"] if not row["status"]]
        running = [row["id"] for row in lists["vm"] if row["status"] == "active"]
        if len(spare) < 4 and running:
            self.call("POST", "/api/v1/snapshots", snapshot_of(chance.choice(running), self.name()))
        of_volumes = [row for row in spare if row.get("volume_id")]
        if len(of_volumes) < 4 and lists["volume"]:
            volume = chance.choice(lists["volume"])["id"]
            self.call("POST", "/api/v1/snapshots", snapshot_of_volume(volume, self.name()))
        if len([row for row in lists["backup"] if row["status"] == "ready"]) < 4 and running:
            self.call("POST", "/api/v1/backups", {"vm_id": chance.choice(running)})
        if len(lists["backupSchedule"]) < 4 and active:
            self.call("POST", "/api/v1/backup-schedules", schedule_of(chance.choice(active)))
        for vm in active[:6]:
            if not any(row.get("tags") for row in lists["vm"] if row["id"] == vm):
                self.call("POST", f"/api/v1/vms/{vm}/tags", {"name": self.name()})
        if len(lists["project"]) < 4:
            self.call("POST", "/api/v1/projects", {"name": self.name()})
        if len(lists["sshKey"]) < 4:
            self.call("POST", "/api/v1/ssh-keys", {"name": self.name(), "public_key": ssh_key()})
        if len(lists["apiKey"]) < 6:
            self.call("POST", "/api/v1/api-keys", {"name": self.name()})
        if len([row for row in lists["vpc"] if is_empty(row)]) < 3:
            vpc = {"name": self.name(), "cidr": some_cidr(), "region": "us-east"}
            self.call("POST", "/api/v1/vpcs", vpc)
        # With a second interface either of them can go.
        for kind in ("public", "vpc"):
            if len([nic for nic in lists["interface"] if nic["type"] == kind]) < 3 and active and lists["vpc"]:
                vpc = chance.choice(lists["vpc"])["id"]
                self.call("POST", f"/api/v1/vms/{chance.choice(active)}/vpc", {"vpc_id": vpc})
        if len([row for row in lists["ip"] if is_spare(row)]) < 4:
            self.call("POST", "/api/v1/ips/reserve")
        spare = [row for row in lists["volume"] if row["status"] == "available"]
        if len(spare) < 4:
            self.call("POST", "/api/v1/volumes", {"name": self.name(), "size": 1, "volume_type": "nvme"})
        if len([row for row in lists["volume"] if row["status"] == "attached"]) < 3 and spare and active:
            self.call("POST", f"/api/v1/volumes/{spare[0]['id']}/attach", {"vm_id": chance.choice(active)})
        if len([row for row in lists["securityGroup"] if is_unused(row)]) < 3:
            self.call("POST", "/api/v1/security-groups", {"name": self.name()})
        # Their machines have one interface, and its number is 0.
        if len(self.attached) < 3 and active and lists["securityGroup"]:
            vm, group = chance.choice(active), chance.choice(lists["securityGroup"])["id"]
            if self.call("POST", f"/api/v1/vms/{vm}/security-groups", {"security_group_id": group, "nic_id": 0}):
                self.attached.append((vm, group))
        for scope in ("account", "project"):
            if len([row for row in lists["customRole"] if row["scope"] == scope]) < 3:
                name = self.name()
                role = {"name": name, "slug": name, "scope": scope, "permissions": self.permissions_of(scope)}
                self.call("POST", "/api/v1/roles", role)
        # Their secrets are told once: of an earlier run's there are none.
        if len(self.tokens["invitation"]) < 4:
            self.tokens["invitation"].extend(filter(None, [self.invite()]))
        if len([row for row in lists["member"] if row["status"] != "pending"]) < 3 and self.tokens["invitation"]:
            token = self.tokens["invitation"].pop()
            self.call("POST", "/api/raffia/v1/invitations/accept", {"token": token, "password": GOOD_PASSWORD})
        if len(lists["projectMember"]) < 3 and lists["apiKey"]:
            free = [row["id"] for row in lists["apiKey"] if row["id"] not in
                    [member.get("api_key_id") for member in lists["projectMember"]]]
            if free:
                self.call(
                    "POST",
                    f"/api/v1/projects/{PROJECT}/members",
                    {"api_key_id": chance.choice(free), "role_id": self.role_of("project")},
                )

    def with_password(self):
        """A machine whose new password nobody has looked at."""
        vm = self.some("vm", lambda row: row["status"] == "active")
        return vm if vm and self.call("POST", f"/api/v1/vms/{vm}/reset-password") else None

    def invite(self):
        role = self.role_of("account")
        made = self.call("POST", "/api/v1/invitations", {"email": f"{self.name()}@example.com", "role_id": role})
        return made["data"]["accept_url"].split("#")[1] if made and "accept_url" in made["data"] else None

    def ask(self, session, path, body):
        answer = session.post(SERVER + SIGN_IN + path, json=body, headers={"Origin": ORIGIN}, timeout=30)
        if answer.status_code >= 300:
            self.trouble[f"{path} {answer.status_code} {answer.text[:200]}"] += 1
        return answer.json()

    def somebody(self, state):
        """A new person: `in`, with a second factor `begun`, `factored`, or `halfway` in; the cookies, address and codes."""
        token = self.invite()
        if token is None:
            return
        body = {"token": token, "password": GOOD_PASSWORD}
        accepted = self.call("POST", "/api/raffia/v1/invitations/accept", body)
        if accepted is None:
            return
        person = {"email": accepted["data"]["email"], "code": "000000", "backup": "none"}
        session = requests.Session()
        signed = {"email": person["email"], "password": GOOD_PASSWORD}
        self.ask(session, "sign-in/email", signed)
        if state != "in":
            setup = self.ask(session, "two-factor/enable", {"password": GOOD_PASSWORD})
            person["secret"] = re.search(r"secret=(\w+)", setup["totpURI"]).group(1)
            person["backup"] = setup["backupCodes"][0]
        if state in ("factored", "halfway"):
            self.ask(session, "two-factor/verify-totp", {"code": totp(person["secret"])})
        if state == "halfway":
            session = requests.Session()
            self.ask(session, "sign-in/email", signed)
        person["cookies"] = session.cookies.get_dict()
        self.people[state].append(person)

    def keep(self):
        while True:
            try:
                self.refresh()
                self.top_up()
                for state in ("in", "begun", "factored", "halfway"):
                    if len(self.people[state]) < 3:
                        self.somebody(state)
            except Exception as trouble:  # Whatever it is, it is reported at the end.
                self.trouble[repr(trouble)[:300]] += 1
            time.sleep(0.5)

    def some(self, kind, fits=lambda row: True):
        fit = [row for row in self.lists[kind] if fits(row)]
        return chance.choice(fit)["id"] if fit else None


def snapshot_of(vm, name):
    return {"resource_type": "vm", "resource_id": vm, "name": name}


def snapshot_of_volume(volume, name):
    return {"resource_type": "volume", "volume_id": volume, "name": name}


def schedule_of(vm):
    return {"vm_id": vm, "type": "daily", "time": "8am", "keep_count": 7}


def is_alone(backup):
    """Whether no other backup depends on it."""
    return len([row for row in things.lists["backup"] if row.get("product_vm") == backup.get("product_vm")]) == 1


def is_unused(group):
    return not group.get("vm_count")


def some_cidr():
    return f"10.{chance.randrange(256)}.{chance.randrange(256)}.0/24"


def is_empty(vpc):
    return not vpc.get("used_ips")


def is_private(vm):
    """Whether a public address can be attached to it: it may have one of each family."""
    return vm["status"] in ("active", "passive") and not vm.get("public_ipv4_address")


def is_spare(ip):
    return ip["reserved"] and ip["status"] == "free"


def some_rule():
    port = chance.randrange(1024, 60000)
    return {
        "protocol": chance.choice(["TCP", "UDP"]),
        "rule_type": chance.choice(["INBOUND", "OUTBOUND"]),
        "range": chance.choice(["", f"{port}", f"{port}:{port + 9}"]),
        "ip": f"10.{chance.randrange(256)}.0.0",
        "size": 16,
    }


def totp(secret):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def ssh_key():
    def field(value):
        return len(value).to_bytes(4, "big") + value

    return "ssh-ed25519 " + base64.b64encode(field(b"ssh-ed25519") + field(chance.randbytes(32))).decode()


things = Things()
things.refresh()
things.top_up()
things.refresh()
threading.Thread(target=things.keep, daemon=True).start()

KINDS = {
    "vms": "vm",
    "projects": "project",
    "ssh-keys": "sshKey",
    "api-keys": "apiKey",
    "roles": "role",
    "members": "member",
    "invitations": "invitation",
    "images": "image",
    "snapshots": "snapshot",
    "backups": "backup",
    "backup-schedules": "backupSchedule",
    "vpcs": "vpc",
    "ips": "ip",
    "volumes": "volume",
    "security-groups": "securityGroup",
}
STOPPED = ("/start", "/resize", "/disk/resize")
RUNNING = ("/stop", "/reboot", "/reboot-hard", "/reset-password")


def id_for(case, name):
    """The id of something that an operation's path may name, or None."""
    path = case.operation.path
    kind = KINDS.get(re.search(r"/([a-z-]+)/\{id\}", path).group(1))
    if name == "member_id":
        return things.some("projectMember")
    if kind == "role" and case.method in ("PATCH", "DELETE"):
        return things.some("customRole")
    if kind == "project" and "/members" in path:
        return PROJECT
    if kind == "member" and chance.random() < 0.7:
        return things.some("member", lambda row: row["status"] != "pending")
    if kind == "vpc" and case.method == "DELETE" and chance.random() < 0.7:
        return things.some(kind, is_empty)
    if kind == "ip" and case.method != "GET" and chance.random() < 0.7:
        return things.some(kind, is_spare)
    if path == "/api/v1/security-groups/{id}" and case.method == "DELETE":
        return things.some(kind, is_unused)
    if kind == "snapshot" and case.method == "DELETE":
        return things.some(kind, lambda row: not row["status"])
    if path == "/api/v1/backups/{id}" and case.method == "DELETE":
        return things.some(kind, is_alone)
    if path.endswith("/restore"):
        stopped = [row["id"] for row in things.lists["vm"] if row["status"] == "passive"]
        free = [row["id"] for row in things.lists["volume"] if row["status"] == "available"]
        return things.some(kind, lambda row: row.get("product_vm") in stopped or row.get("volume_id") in free)
    if kind == "volume" and case.method != "GET" and chance.random() < 0.7:
        status = "attached" if path.endswith("/detach") else "available"
        return things.some(kind, lambda row: row["status"] == status)
    if kind != "vm":
        return things.some(kind)
    if path.endswith("/ip") and chance.random() < 0.7:
        return things.some("vm", is_private)
    if path.endswith("/password"):
        return things.revealable.pop() if things.revealable else things.with_password()
    if "{tagId}" in path:
        return things.some("vm", lambda row: row.get("tags"))
    if path.endswith(STOPPED):
        return things.some("vm", lambda row: row["status"] == "passive")
    if path.endswith(RUNNING):
        return things.some("vm", lambda row: row["status"] == "active")
    return things.some("vm", lambda row: row["status"] in ("active", "passive"))


def help_path(case):
    parameters = case.path_parameters or {}
    if "sg_id" in parameters and things.attached and chance.random() < HELPED:
        parameters["id"], parameters["sg_id"] = things.attached.pop()
        parameters["nic_id"] = 0
        return
    if "nic_id" in parameters and chance.random() < HELPED:
        kind = "public" if case.operation.path.endswith("/ip/{nic_id}") else "vpc"
        fit = [nic for nic in things.lists["interface"] if nic["type"] == kind]
        if fit:
            nic = chance.choice(fit)
            parameters["id"], parameters["nic_id"] = nic["vm_id"], nic["nic_id"]
            return
    # The machine before its tag.
    for name, value in sorted(parameters.items()):
        is_number = isinstance(value, int)
        if name not in ("id", "member_id", "tagId") or not (is_number or isinstance(value, str) and UUID.fullmatch(value)):
            continue
        if not is_number and value.lower() in things.seen and value.lower() not in OWN:
            continue
        if name == "tagId":
            vm = parameters.get("id")
            tags = [tag for row in things.lists["vm"] if row["id"] == vm for tag in row.get("tags") or []]
            found = chance.choice(tags)["id"] if tags else None
        else:
            found = id_for(case, name)
        if found is not None:
            parameters[name] = found


def help_body(case, body):
    """Values that keep the rules which no schema can say."""
    path = case.operation.path

    def put(name, value):
        if name in body and value is not None:
            body[name] = value

    def keep_one(*names):
        kept = chance.choice([name for name in names if name in body] or names)
        for name in names:
            if name != kept:
                body.pop(name, None)
        body.setdefault(kept, "")

    scope = "project" if path.startswith("/api/v1/projects/") else "account"
    if path == "/api/v1/members":
        keep_one("email", "api_key_id") if chance.random() < 0.9 else keep_one("target_user_id")
        body["role_id"] = things.role_of(scope)
    if path == "/api/v1/projects/{id}/members" and case.method == "POST":
        keep_one("api_key_id")
    if path == "/api/v1/roles":
        scope = body.get("scope", scope)
    if path == "/api/v1/roles/{id}":
        role = (case.path_parameters or {}).get("id")
        scope = next((row["scope"] for row in things.lists["role"] if row["id"] == role), scope)
    if path in ("/api/v1/vms", "/api/v1/vms/{id}/reinstall"):
        body["template_id"] = chance.choice(things.lists["template"])["id"]
        body["password"] = GOOD_PASSWORD
        body.pop("ssh_keys", None)
        if "auto_generate_password" in body:
            del body["auto_generate_password" if chance.random() < 0.5 else "password"]
    if path == "/api/v1/vms":
        body["pricing_id"] = 1
        body["name"] = things.name()
        if "tags" in body:
            body["tags"] = [things.name()]
        body.pop("vpc_id", None)
        if "vpc_name" in body and "vpc_cidr" in body:
            body["vpc_cidr"] = some_cidr()
            body.pop("skip_vpc", None)
        else:
            body.pop("vpc_name", None), body.pop("vpc_cidr", None)
        if body.get("skip_vpc"):
            body.pop("skip_public_ip", None)
        put("backup_time", "8:30pm")
        put("backup_date", "Monday")
        put("extra_storage", chance.randrange(100))
    if path.endswith(("/resize", "/disk/resize")):
        put("pricing_id", chance.randrange(1, 4))
        put("new_size", chance.randrange(100, 2000))
    if path == "/api/v1/vms/{id}/vpc":
        put("vpc_id", things.some("vpc"))
        body.pop("ip", None)
    if path == "/api/v1/vms/{id}/security-groups":
        put("security_group_id", things.some("securityGroup"))
        body["nic_id"] = 0
    if path.startswith("/api/v1/volumes"):
        put("size", chance.randrange(1, 100))
        put("new_size", chance.randrange(100, 2000))
        put("vm_id", things.some("vm", lambda row: row["status"] in ("active", "passive")))
    if path == "/api/v1/vms/{id}/ip":
        put("ip_id", things.some("ip", is_spare))
        put("security_groups", [])
    if path.endswith("/save-image"):
        put("disk_id", 0)
        put("snapshot_id", -1)
    if path == "/api/v1/snapshots":
        vm = things.some("vm", lambda row: row["status"] == "active")
        volume = things.some("volume", lambda row: row["status"] in ("available", "attached"))
        for field in ("resource_id", "volume_id"):
            body.pop(field, None)
        is_of_volume = volume is not None and chance.random() < 0.5
        body.update(snapshot_of_volume(volume, body["name"]) if is_of_volume else snapshot_of(vm or PROJECT, body["name"]))
    if path in ("/api/v1/backups", "/api/v1/backup-schedules"):
        put("vm_id", things.some("vm", lambda row: row["status"] in ("active", "passive")))
    if path.startswith("/api/v1/backup-schedules"):
        put("time", "8:30pm")
        # A weekly one has its day.
        body["day_of_week"] = "Monday"
    if path.endswith("/bulk"):
        body["ids"] = [things.some("vm") or PROJECT for _ in range(2)]
    put("cidr", some_cidr())
    put("rules", [some_rule() for _ in range(chance.randrange(4))])
    if path.startswith("/api/v1/security-groups") and chance.random() < 0.8:
        body.pop("template_id", None)
    put("public_key", ssh_key())
    put("email", f"{things.name()}@example.com" if not path.endswith("/links") else None)
    put("slug", things.name())
    put("api_key_id", things.some("apiKey"))
    if path != "/api/v1/members":
        put("role_id", things.role_of(scope))
    put("permissions", things.permissions_of(scope))
    put("expires_at", f"20{chance.randrange(30, 99)}-01-31T12:00:00Z")
    put("rate_limit_tier", "standard")
    for kind in ("link", "invitation"):
        tokens = things.tokens[kind]
        if f"/{kind}s/" in path and tokens:
            body["token"] = tokens[-1] if path.endswith("/look") else tokens.pop()
    if path.endswith("/links"):
        body["email"] = f"person{chance.randrange(20)}@example.com"
    if body.get("name") and chance.random() < 0.5:
        body["name"] = things.name()
    if "password" in body and not path.startswith("/api/v1"):
        body["password"] = GOOD_PASSWORD


def help_headers(case, good):
    headers = case.headers or {}
    project = headers.get("X-Project-ID")
    if isinstance(project, str) and UUID.fullmatch(project) and project.lower() not in things.seen:
        headers["X-Project-ID"] = PROJECT
    if good and isinstance(headers.get("Idempotency-Key"), str) and chance.random() < HELPED:
        headers["Idempotency-Key"] = things.name()


STATES = {
    "two-factor/disable": ("factored",),
    "two-factor/generate-backup-codes": ("factored",),
    "two-factor/verify-totp": ("begun", "halfway"),
    "two-factor/verify-backup-code": ("halfway",),
}


def sign_in(case, kwargs, good):
    """Asks from a page of the server, as somebody who is used up by it: the session of the run must not end."""
    asked = case.operation.path[len(SIGN_IN):]
    case.headers = {**(case.headers or {}), "Origin": ORIGIN}
    people = things.people[chance.choice(STATES.get(asked, ("in",)))]
    if not good:
        person = people[0] if people else None
    else:
        person = people.pop() if people else None
    shows_code = asked.startswith("two-factor/verify")
    # What was put there to be refused stays.
    if shows_code or (case.cookies or {}).get("raffia.session_token") == SESSION:
        case.cookies = dict(person["cookies"]) if person else {}
    if person is None:
        return
    if not good or not isinstance(case.body, dict) or chance.random() > HELPED:
        return
    for name, value in {
        "email": person["email"],
        "password": GOOD_PASSWORD,
        "currentPassword": GOOD_PASSWORD,
        "newPassword": GOOD_PASSWORD,
        "code": person["backup"] if asked.endswith("backup-code") else totp(person.get("secret", "")),
    }.items():
        if name in case.body:
            case.body[name] = value


@schemathesis.hook
def before_call(context, case, kwargs):
    meta = case.meta
    with lock:
        if case.operation.path.startswith(SIGN_IN):
            sign_in(case, kwargs, meta is None or meta.generation.mode.is_positive)
            return
        if meta is None or not meta.is_negative_at(ParameterLocation.PATH):
            help_path(case)
        for name, value in list((case.path_parameters or {}).items()):
            if isinstance(value, str) and value.lower() in OWN:
                case.path_parameters[name] = "01900000-0000-7000-8000-00000000dead"
        good = meta is None or meta.generation.mode.is_positive
        help_headers(case, good)
        if not isinstance(case.body, dict):
            return
        if good and chance.random() < HELPED:
            help_body(case, case.body)
        for name, value in list(case.body.items()):
            if isinstance(value, str) and value.lower() in OWN:
                case.body[name] = "01900000-0000-7000-8000-00000000dead"


answers = defaultdict(Counter)
# The last words of each status of each operation: why one never succeeded.
words = defaultdict(dict)
mismatched = Counter()


@schemathesis.hook
def after_call(context, case, response):
    text = response.content[:200_000].decode("utf-8", "replace")
    with lock:
        answers[case.operation.label][str(response.status_code)] += 1
        if response.status_code >= 400:
            words[case.operation.label][str(response.status_code)] = text[:200]
        if response.status_code < 300:
            things.seen.update(found.group(0).lower() for found in UUID.finditer(text))
            if case.operation.path.endswith("/reset-password"):
                things.revealable.append(case.path_parameters["id"])


# A schema tells the form of a request. These refusals are about what is there, what goes together, or characters that no pattern of
# ours spells out; the published contract has 400 for them. Every other 400, 402 or 422 for a request that keeps its schema is a failure.
RULES = re.compile(
    "|".join(
        [
            # What is there, or is not there any more.
            r"already exists",
            r"The VM already has a tag",
            r"is stored already",
            r"has a role on the project already",
            r"There is a user with this e-mail address already",
            r"is a member already",
            r"is invited already",
            r"has expired",
            r"names no (role|template|plan|region|VPC|member|API key|snapshot|disk|user)",
            r"names no member of this account",
            r"which is no (SSH key of this account|permission of scope)",
            r"permission of scope",
            r"has access to every project already",
            r"has every permission already",
            r"^(resource_id|volume_id) (is required|names)",
            r"There is one Owner",
            r"an account role, which is never changed",
            r"System roles cannot be",
            r"The role is in use",
            r"^role_id names a role of scope",
            r"This key has the tier high already",
            r"There is no password to show",
            r"The operator has been asked for this key already",
            r"was used for another request",
            r"is too much like the names",
            r"is the beginning of more than",
            # The state of a machine.
            r"VM must be (stopped|running)",
            r"This VM (is|has|must)",
            r"try again when that is done",
            r"delete it when that is done",
            r"Saving this image failed",
            r"New size must be larger than current size",
            r"no longer in the catalogue",
            r"needs? (at least|a premium plan)",
            r"Windows",
            r"is in region",
            r"can be saved$",
            r"is one of a series and cannot be deleted alone",
            r"^This backup has failed",
            r"^The VM of this backup is gone",
            r"^(A|The) backup .* is being",
            r"^day_of_week is required",
            r"^time must be a time of day",
            r"^The VPC still has (the|\d+) VM",
            r"^The security group is attached to",
            r"^This public IP is (not reserved|attached)",
            r"^This volume (is|could not be)",
            r"VM not in active or passive state|VM is not ready to detach volume",
            r"can have at most",
            # How much there may be.
            r"quota exceeded",
            r"too many (VMs|gateways)",
            r"The account may have",
            r"No public IPs available",
            r"has no free address left",
            r"is taken in this VPC",
            r"^ip must be an (IPv4 address|address that the VPC gives)",
            r"^VM has no other interfaces",
            r"^VM already has an IPv[46]$",
            r"Insufficient balance",
            r"needs the approval of the operator",
            # What goes together.
            r"^Pass (exactly one|either)",
            r"must be given together",
            r"^since and until must be at most \d+ days apart",
            r"^(since|until) must (not be|be at|be no)",
            r"would leave the VM without a network",
            r"cannot be combined with",
            r"At least one field is required",
            r"^permissions must name at least one permission$",
            r"^role_id is required$",
            r"^password is required",
            r"^backup_date is required",
            r"A Linux (VM )?needs|needs a password|ssh_keys, a password or both|Pass ssh_keys",
            r"Each tag can be given once",
            r"must lie in the future",
            # Arithmetic of networks, of keys, and of passwords.
            r"CIDR",
            r"overlaps another VPC",
            r"^invalid port format",
            r"^icmp_type belongs to",
            r"The SSH public key",
            r"private key",
            r"^password must have|^The password must have|; must have|may only have letters",
            r"must be a time of day",
            # Of the addresses that the format allows those that people have.
            r"must be an e-mail address such as",
            # Characters that are not seen, and what is empty without them.
            r"must not contain control characters",
            r"^public_key must be one line$",
            r"must not be (empty|blank)$",
            r"surrogate|NUL",
            r"a key named __proto__ or constructor",
            # Whether a secret is right, and what state a sign-in is in.
            r"^The (password|code|backup code) is not right",
            r"^The password must have at least 10 characters$",
            r"[Ww]rong codes",
            r"^There is (no|a) (second factor|password)",
            # What only a device could have made, of a challenge that it was given.
            r"^This took longer than five minutes",
            r"^The passkey was not made for this cloud",
            # How this server is set up.
            r"This cloud sends no mail",
            r"^Passkeys need an https address",
        ]
    )
)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData) and response.status_code in (400, 402, 422):
        message = response.json().get("message", "")
        if RULES.search(message):
            return False
        with lock:
            mismatched[f"{case.operation.label}: {message}"] += 1
    return True


@atexit.register
def report():
    with open(os.environ["RAFFIA_COUNTS"], "w") as file:
        json.dump({"answers": answers, "trouble": things.trouble, "refused": mismatched, "words": words}, file, indent=1)
