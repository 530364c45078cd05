# Sourced by the scripts beside it: installs what of packages.txt is missing.
install_missing_packages() {
    local list there missing
    list=$(grep -vE '^(#|$)' "$(dirname "${BASH_SOURCE[0]}")/packages.txt")
    # What is installed, and what that provides: a nodejs from elsewhere has its own npm.
    there=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}, ${Provides}\n' | sed -n 's/^ii *//p' | tr ',' '\n' |
        sed 's/^ *//; s/ .*//')
    missing=$(for package in $list; do grep -qxF "$package" <<<"$there" || echo "$package"; done)
    [ -z "$missing" ] && return 0
    local as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    echo "Installing: $(echo $missing)" >&2
    $as_root apt-get update -qq >&2
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >&2
}
