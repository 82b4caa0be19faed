# Sourced by ./kkiri, ./test and ./nightly: finds Python, makes .venv from the lock files.
# Rule: says what it does, in the person's language; never guesses when something is missing.
# Needs: $here, the folder of this repository.

case "${KKIRI_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
  ko*) language=ko ;;
  *) language=en ;;
esac

# say ENGLISH KOREAN: one sentence on standard error, so that a program's own output stays clean
say() {
  if [ "$language" = ko ]; then printf '%s\n' "$2" >&2; else printf '%s\n' "$1" >&2; fi
}

# good PYTHON: is it at least 3.11, and can it make a virtual environment?
good() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# find_python: sets $python to the first usable Python, or to nothing; PYTHON=… names the only one
find_python() {
  python=
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3}; do
    if good "$candidate"; then
      python=$candidate
      return 0
    fi
  done
  return 0
}

# as_root COMMAND…: run it as root; fails where that is not possible without a password
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

is_root() {
  [ "$(id -u)" = 0 ]
}

# apt_install PACKAGE…: brings the package list up to date only when it has to
apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
    </dev/null >&2 && return 0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >&2 || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
    </dev/null >&2
}

need_python() {
  find_python
  [ -z "$python" ] || return 0
  if command -v apt-get >/dev/null 2>&1; then
    if is_root; then
      say "kkiri needs Python 3.11 or newer with venv: installing the Debian package python3-venv." \
        "끼리를 실행하려면 venv가 있는 파이썬 3.11 이상이 필요합니다. 데비안 패키지 python3-venv를 설치합니다."
      apt_install python3-venv || true
      find_python
      [ -z "$python" ] || return 0
    fi
    command="sudo apt-get install python3-venv"
  elif [ "$(uname -s)" = Darwin ]; then
    command="brew install python@3.12"
  else
    command="(your system's package manager) install python3.11"
  fi
  say "kkiri needs Python 3.11 or newer with venv, and found none. To install it:" \
    "끼리를 실행하려면 venv가 있는 파이썬 3.11 이상이 필요한데 찾지 못했습니다. 이렇게 설치하세요:"
  say "    $command" "    $command"
  exit 1
}

# need_venv LOCK…: .venv holds what the lock files say; quick when nothing changed
need_venv() {
  stamp=$here/.venv/.from-locks
  if [ -x "$here/.venv/bin/python" ] && [ -f "$stamp" ]; then
    fresh=yes
    for lock in "$@"; do
      cmp -s "$here/$lock" "$here/.venv/.from-$lock" || fresh=no
    done
    [ "$fresh" = no ] || return 0
  fi
  need_python
  KKIRI_LANGUAGE=$language "$python" "$here/tools/make_venv.py" "$@" || exit 1
}

# need_programs: the real clients, the browser and the media tools that the tests talk to
need_programs() {
  missing=
  while read -r program package; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $package"
  done <"$here/tools/test-programs"
  [ -n "$missing" ] || return 0
  if command -v apt-get >/dev/null 2>&1; then
    say "The tests need:$missing. Installing them." "테스트에 필요한 것을 설치합니다:$missing"
    # shellcheck disable=SC2086
    apt_install $missing && return 0
    say "They could not be installed. Run this, then ./test again:" \
      "설치하지 못했습니다. 이 명령을 실행한 뒤 ./test를 다시 실행하세요:"
    say "    sudo apt-get install$missing" "    sudo apt-get install$missing"
  else
    say "The tests need:$missing. Install them, then run ./test again; on macOS:" \
      "테스트에 필요한 것이 없습니다:$missing. 설치한 뒤 ./test를 다시 실행하세요. macOS에서는:"
    command="brew install aria2 transmission-cli rtorrent ffmpeg node chromium (and qbittorrent-nox)"
    say "    $command" "    $command"
  fi
  exit 1
}

# need_node: the JavaScript programs the tests talk to; no package's own script is ever run
need_node() {
  cmp -s "$here/tests/node/package-lock.json" "$here/tests/node/node_modules/.from-lock" && return 0
  say "Fetching the JavaScript programs for the tests." "테스트에 쓸 자바스크립트 프로그램을 받습니다."
  (cd "$here/tests/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) </dev/null >&2
  cp "$here/tests/node/package-lock.json" "$here/tests/node/node_modules/.from-lock"
}
