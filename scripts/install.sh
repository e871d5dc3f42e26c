# shellcheck shell=bash
# Functions that install Debian packages, sourced by the other scripts.

# can_install reports whether this is Debian and we are root or have
# passwordless sudo.
can_install() {
	command -v apt-get >/dev/null || return 1
	[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

# install_packages NAME... installs packages. It prints the log on failure.
install_packages() {
	local sudo='' log
	[ "$(id -u)" = 0 ] || sudo='sudo -n'
	log=$(mktemp)
	echo "$(basename "$0"): installing $*"
	if ! {
		$sudo apt-get -o DPkg::Lock::Timeout=600 update &&
			$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
				install -y --no-install-recommends "$@"
	} >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

have_browser() {
	local name
	for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
		command -v "$name" >/dev/null && return
	done
	[ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ] ||
		[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

have_postgresql() {
	command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
		compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null || compgen -G '/usr/libexec/postgresql*/initdb' >/dev/null ||
		compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null ||
		compgen -G '/usr/local/opt/postgresql@*/bin/initdb' >/dev/null || [ -x /usr/local/pgsql/bin/initdb ]
}

# The race detector needs a C compiler except on macOS.
have_race() {
	[ "$(uname)" = Darwin ] || command -v "$(go env CC)" >/dev/null
}
