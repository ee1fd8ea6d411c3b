"""The life of a virtual machine with requests, as the authentication page shows it."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

BASE = os.environ["RAFF_API_URL"]
DEADLINE = 60

session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
session.headers.update(
    {
        "X-API-Key": os.environ["RAFF_API_KEY"],
        "X-Project-ID": os.environ["RAFF_PROJECT_ID"],
        "Content-Type": "application/json",
    }
)
refused = 0


def call(method, path, body=None, expect=(200, 201)):
    """Sends a request, again after each 429 when the server said so."""
    global refused
    while True:
        resp = session.request(method, BASE + path, json=body, timeout=30)
        if resp.status_code == 429:
            refused += 1
            time.sleep(int(resp.headers["Retry-After"]))
            continue
        if resp.status_code not in expect:
            raise RuntimeError(f"{method} {path}: {resp.status_code} {resp.text}")
        return resp


def wait_for(vm_id, status):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if call("GET", f"/api/v1/vms/{vm_id}").json()["data"]["status"] == status:
            print("it is", status)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{vm_id} did not become {status} within {DEADLINE} s")


def wait_for_status(path, status):
    end = time.monotonic() + DEADLINE
    while call("GET", path).json()["data"]["status"] != status:
        if time.monotonic() > end:
            raise TimeoutError(f"{path} did not become {status} within {DEADLINE} s")
        time.sleep(0.1)
    print("it is", status)


def connect(vm_id):
    """Puts the machine into a VPC of its own, and gives it a reserved address in place of the one of the pool."""
    reserved = call("POST", "/api/v1/ips/reserve", {"type": "IPv4"}).json()["data"]
    vpc = call("POST", "/api/v1/vpcs", {"name": "from-python", "cidr": "10.77.2.0/24"}, expect=(201,)).json()["data"]
    call("POST", f"/api/v1/vms/{vm_id}/vpc", {"vpc_id": vpc["id"]})
    nics = call("GET", f"/api/v1/vms/{vm_id}/networks?type=public").json()["data"]
    call("DELETE", f"/api/v1/vms/{vm_id}/ip/{nics[0]['nic_id']}")
    call("POST", f"/api/v1/vms/{vm_id}/ip", {"ip_id": reserved["id"]})
    ips = [nic["ip"] for nic in call("GET", f"/api/v1/vms/{vm_id}/networks").json()["data"]]
    if reserved["ip_address"] not in ips or not any(ip.startswith("10.77.2.") for ip in ips):
        raise RuntimeError(f"it has not the addresses that it was given: {ips}")
    print("in a VPC, and reachable at", reserved["ip_address"])
    return reserved["id"]


def store(vm_id):
    """A volume comes and goes, a snapshot is taken, and a backup."""
    disk = {"name": "from-python", "size": 10, "volume_type": "nvme", "vm_id": vm_id}
    volume_id = call("POST", "/api/v1/volumes", disk, expect=(202,)).json()["data"]["id"]
    wait_for_status(f"/api/v1/volumes/{volume_id}", "attached")
    call("POST", f"/api/v1/volumes/{volume_id}/detach")
    wait_for_status(f"/api/v1/volumes/{volume_id}", "available")
    call("DELETE", f"/api/v1/volumes/{volume_id}")

    moment = {"name": "from-python", "resource_type": "vm", "resource_id": vm_id}
    snapshot_id = call("POST", "/api/v1/snapshots", moment, expect=(201,)).json()["data"]["id"]
    call("PATCH", f"/api/v1/snapshots/{snapshot_id}/rename", {"name": "renamed"})
    wait_for(vm_id, "active")
    taken = call("GET", f"/api/v1/snapshots?vm_id={vm_id}").json()["data"]
    print("snapshots:", *[snapshot["name"] for snapshot in taken])

    copy = {"vm_id": vm_id, "name": "from-python"}
    backup_id = call("POST", "/api/v1/backups", copy, expect=(202,)).json()["data"]["id"]
    wait_for_status(f"/api/v1/backups/{backup_id}", "ready")
    call("DELETE", f"/api/v1/backups/{backup_id}")
    wait_for(vm_id, "active")


def exceed_limit():
    answered = 0
    with ThreadPoolExecutor(32) as pool:
        while refused == 0:
            if answered >= 1000:
                raise RuntimeError("1,000 requests and never a 429")
            answered += len(list(pool.map(lambda _: call("GET", "/api/v1/vms"), range(100))))
    print("answered", answered, "requests,", refused, "of them after a 429")


def main():
    machines = call("GET", "/api/v1/vms").json()["data"]
    print("listed", len(machines), "machines")
    for vm in machines:
        print(" ", vm["id"], vm["name"], vm["status"])

    template = call("GET", "/api/v1/public/templates").json()["data"][0]
    plans = call("GET", "/api/v1/public/pricing/vm").json()["plans"]
    vm_id = call(
        "POST",
        "/api/v1/vms",
        {
            "name": "from-python",
            "template_id": template["id"],
            "pricing_id": plans[0]["id"],
            "region": "us-east",
            "password": "ConFormance-20260",
        },
        expect=(201,),
    ).json()["data"]["id"]
    print("created", vm_id)
    wait_for(vm_id, "active")

    call("POST", f"/api/v1/vms/{vm_id}/stop")
    wait_for(vm_id, "passive")
    call("POST", f"/api/v1/vms/{vm_id}/resize", {"pricing_id": plans[1]["id"]})
    resized = call("GET", f"/api/v1/vms/{vm_id}").json()["data"]
    if (resized["pricing_id"], resized["cpu"]) != (plans[1]["id"], plans[1]["vcpu"]):
        raise RuntimeError(f"the resize is not in the next answer: {resized}")
    print("resized to plan", plans[1]["id"])
    call("POST", f"/api/v1/vms/{vm_id}/start")
    wait_for(vm_id, "active")

    tags = call("POST", f"/api/v1/vms/{vm_id}/tags", {"name": "python"}).json()["tags"]
    print("tagged:", [tag["name"] for tag in tags])

    ip_id = connect(vm_id)
    store(vm_id)
    exceed_limit()

    call("DELETE", f"/api/v1/vms/{vm_id}", {})
    end = time.monotonic() + DEADLINE
    while call("GET", f"/api/v1/vms/{vm_id}", expect=(200, 404)).status_code != 404:
        if time.monotonic() > end:
            raise TimeoutError(f"{vm_id} is not gone after {DEADLINE} s")
        time.sleep(0.1)
    print("it is gone")
    call("DELETE", f"/api/v1/ips/{ip_id}/reserve")


if __name__ == "__main__":
    sys.exit(main())
