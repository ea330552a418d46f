#!/usr/bin/env bash
# tools/bootstrap: installs only what is absent, never removes, and says the command where it may not install. Debian's tools are played by
# scripts, so that nothing is installed here.
set -euo pipefail
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
unset AIRS_WASMTIME_DIR
export PATH=$work/bin:/usr/bin:/bin STATE=$work

# $STATE/installed and /known list packages with versions, /removes what an installation would remove, /calls what apt-get was told.
cat >"$work/bin/dpkg-query" <<'END'
#!/bin/sh
for package; do :; done
grep -q "^$package " "$STATE/installed" && printf installed
END
cat >"$work/bin/apt-cache" <<'END'
#!/bin/sh
awk -v package="$2" '$1 == package { print "  Candidate: " $2 }' "$STATE/known"
END
cat >"$work/bin/apt-get" <<'END'
#!/bin/sh
if [ "$1" = -s ]; then sed 's/^/Remv /' "$STATE/removes"; exit; fi
while [ "$1" = -o ]; do shift 2; done
echo "$*" >>"$STATE/calls"
case $1 in
update) cp "$STATE/archive" "$STATE/known" ;;
install) for package; do grep "^$package " "$STATE/archive" >>"$STATE/installed"; done ;;
esac
true
END
printf '#!/bin/sh\nexit 1\n' >"$work/bin/sudo"
printf '#!/bin/sh\necho "cargo 1.99.0"\n' >"$work/bin/cargo"
printf '#!/bin/sh\necho "rustc 1.99.0"\n' >"$work/bin/rustc"
chmod +x "$work/bin/"*

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# expect STATUS TEXT COMMAND...: exits with STATUS and says TEXT on stdout or stderr.
expect() {
    local status=$1 text=$2 got=0
    shift 2
    "$@" >"$work/out" 2>&1 || got=$?
    [[ $got -eq $status ]] || fail "$*: exit $got instead of $status: $(<"$work/out")"
    [[ $(<"$work/out") == *"$text"* ]] || fail "$*: expected '$text', got: $(<"$work/out")"
}

# A copy, since the checkout may lie where only its owner can read.
mkdir "$work/tools"
cp "$SOURCE/tools/bootstrap" "$SOURCE/tools/rust.sh" "$work/tools/"
bootstrap=$work/tools/bootstrap
read -ra packages <<<"$("$bootstrap" --help | awk '$1 == "test" { $1 = ""; print; exit }')"
[[ ${#packages[@]} -gt 1 ]] || fail "the help names no test packages"

# All is there but the last package of the group.
reset() {
    : >"$work/calls"
    : >"$work/removes"
    printf '%s 1.0\n' "${packages[@]}" >"$work/archive"
    printf 'cargo-web 1.96.0\nrustc-web 1.96.0\n' >>"$work/archive"
    cp "$work/archive" "$work/known"
    printf '%s 1.0\n' "${packages[@]:0:${#packages[@]}-1}" >"$work/installed"
    chmod -R a+rwX "$work"
}
absent=${packages[-1]}
command="apt-get install -y --no-install-recommends $absent"

reset
expect 69 "missing: $absent" "$bootstrap" --check test
expect 0 "$command" "$bootstrap" --print test
[[ ! -s $work/calls ]] || fail "--check or --print installed something"
echo "$absent 1.0" >>"$work/installed"
expect 0 '' "$bootstrap" --check test
expect 0 '' "$bootstrap" test
[[ ! -s $work/calls ]] || fail "something was installed though all was there"
expect 64 usage "$bootstrap" --unknown

# Without rights: the command, exit 69, nothing done.
reset
as_nobody=()
((EUID != 0)) || as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
expect 69 "run: sudo $command" "${as_nobody[@]}" bash "$bootstrap" test
sed -i "/^$absent /d" "$work/known"
expect 69 "run: sudo apt-get update && sudo $command" "${as_nobody[@]}" bash "$bootstrap" test
[[ ! -s $work/calls ]] || fail "apt-get was run without the right to"

((EUID == 0)) || exit 0
reset
expect 0 "installing $absent" "$bootstrap" test
[[ $(<"$work/calls") == "install -y --no-install-recommends $absent" ]] || fail "apt-get was told: $(<"$work/calls")"

reset
sed -i "/^$absent /d" "$work/known"
expect 0 '' "$bootstrap" test
[[ $(head -n 1 "$work/calls") == update ]] || fail "the lists were not read again: $(<"$work/calls")"

reset
echo something >"$work/removes"
expect 69 "would remove something; if that is fine, run: $command" "$bootstrap" test
[[ ! -s $work/calls ]] || fail "something was installed though it removes a package"
