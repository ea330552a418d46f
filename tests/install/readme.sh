#!/usr/bin/env bash
# What README shows works as it stands: the component, its manifest, the shell session, and the program that embeds it.
# shellcheck source=tests/install/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The n-th block of a language.
block() { awk -v n="$2" -v fence="^\`\`\`$1\$" '$0 ~ fence { if (++seen == n) { on = 1; next } } /^```/ { on = 0 } on' "$SOURCE/README.md"; }

block c 1 >"$work/words.c"
block c 2 >"$work/app.c"
block yaml 1 >"$work/app.yaml"
for file in words.c app.c app.yaml; do
    [[ -s $work/$file ]] || fail "README has no block for $file"
done

(cd "$work" && ln -s "$SOURCE/sdk" sdk && bash -e <(block sh 1)) || fail "README's compile command"
said=$(printf 'one two\nthree\n' | "$AIRS" pipe --replies "$work/app.yaml" demo/words/main) || fail "airs pipe exited with $?"
shown=$(awk '/^\$ printf/ { on = 1; next } /^```/ { on = 0 } on' "$SOURCE/README.md")
[[ $said == "$shown" ]] || fail "airs pipe says: $said"

install_airs
use_pkg_config
read -ra flags <<<"$(pkg-config --cflags --libs airs)"
gcc -Wall -Wextra -Werror "$work/app.c" -o "$work/app" "${flags[@]}" || fail "README's program does not compile"
said=$(cd "$work" && LD_LIBRARY_PATH=$(pkg-config --variable=libdir airs) ./app) || fail "README's program exited with $?"
[[ $said == "2 words, 2 so far" ]] || fail "README's program says: $said"
