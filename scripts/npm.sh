# shellcheck shell=bash
# Installs the tools that package-lock.json pins for the scripts beside it,
# which source it.

# npm_tools WHAT: makes node_modules match package-lock.json. Without npm it
# says that WHAT is left out and ends the script, with a failure where nothing
# may be left out.
npm_tools() {
	if ! command -v npm >/dev/null; then
		echo "$(basename "$0"): left out: $1 (needs npm)" >&2
		[ "${CI:-}" != true ] && [ "${CHECKOUTD_REQUIRE_ALL:-}" != 1 ]
		exit
	fi
	if ! cmp -s package-lock.json node_modules/.checkoutd-lock; then
		npm ci --no-audit --no-fund --loglevel=error
		cp package-lock.json node_modules/.checkoutd-lock
	fi
}
