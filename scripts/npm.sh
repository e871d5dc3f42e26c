# shellcheck shell=bash
# A function that installs the npm tools that package-lock.json pins, sourced by
# the other scripts.

# npm_tools WHAT makes node_modules match package-lock.json. Without npm it
# reports that WHAT is skipped and ends the script, with a failure where nothing
# may be skipped.
npm_tools() {
	if ! command -v npm >/dev/null; then
		echo "$(basename "$0"): skipping $1 (needs npm)" >&2
		[ "${CI:-}" != true ] && [ "${CHECKOUTD_REQUIRE_ALL:-}" != 1 ]
		exit
	fi
	if ! cmp -s package-lock.json node_modules/.checkoutd-lock; then
		npm ci --no-audit --no-fund --loglevel=error
		cp package-lock.json node_modules/.checkoutd-lock
	fi
}
