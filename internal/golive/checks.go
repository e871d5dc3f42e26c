package golive

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// check is a row of the table.
type check struct {
	name, title string
	judge       func(f *facts) verdict
	applies     func(f *facts) bool // nil: always
}

// checks is the table of what is read, in the order of the report.
// docs/golive.md has a section for each.
var checks = []check{
	{"version-calls", "API version of the calls", callVersion, nil},
	{"version-library", "API version of the library", libraryVersion, nil},

	{"keys-work", "The secret key works", keyWorks, nil},
	{"keys-mode", "The keys are live", keyMode, nil},
	{"keys-restricted", "The key may do no more than it must", keyRestricted, nil},

	{"keys-age", "The key is rolled regularly", keyAge, nil},
	{"keys-tracked", "No keys in files that git tracks", keysTracked, nil},

	{"account-charges", "The account can charge", accountCharges, nil},
	{"account-requirements", "Stripe asks nothing of the account", accountRequirements, nil},
	{"account-descriptor", "Buyers recognize the charge", accountDescriptor, nil},
	{"account-contact", "Buyers can reach the shop", accountContact, nil},

	{"endpoint-exists", "Webhook endpoint", own(endpointExists), nil},
	{"endpoint-single", "Webhook endpoint: only one", own(endpointSingle), nil},
	{"endpoint-mode", "Webhook endpoint: mode", own(endpointMode), nil},
	{"endpoint-version", "Webhook endpoint: API version", own(endpointVersion), nil},
	{"endpoint-events", "Webhook endpoint: events", own(endpointEvents), nil},
	{"endpoint-secret", "Webhook endpoint: secret", endpointSecret("STRIPE_WEBHOOK_SECRET", ownSecrets), nil},
	{"connect-endpoint-exists", "Connect endpoint", ofAccounts(endpointExists), connectOn},
	{"connect-endpoint-single", "Connect endpoint: only one", ofAccounts(endpointSingle), connectOn},
	{"connect-endpoint-mode", "Connect endpoint: mode", ofAccounts(endpointMode), connectOn},
	{"connect-endpoint-version", "Connect endpoint: API version", ofAccounts(endpointVersion), connectOn},
	{"connect-endpoint-events", "Connect endpoint: events", ofAccounts(endpointEvents), connectOn},
	{
		"connect-endpoint-secret", "Connect endpoint: secret",
		endpointSecret("STRIPE_CONNECT_WEBHOOK_SECRET", connectSecrets), connectOn,
	},
	{"connect-accounts", "The connected accounts may charge", accountsCharge, connectOn},
	{"events-delivered", "Every event is delivered", eventsDelivered, nil},
	{"endpoint-leftovers", "No endpoints left from tests", endpointLeftovers, nil},

	{"wallets-domain", "Apple Pay, Google Pay and Link at this address", walletsDomain, nil},
	{"methods-several", "Several payment methods", methodsSeveral, nil},
	{"methods-chosen", "The configured payment methods are there", methodsChosen, nil},
	{"methods-express", "Express checkout", methodsExpress, nil},

	{"https-address", "The shop is served by https", httpsPage(httpsAddress), nil},
	{"https-redirect", "Nobody pays without https", httpsRedirect, nil},
	{"https-certificate", "The certificate", httpsPage(httpsCertificate), nil},
	{"https-hsts", "Browsers use https only", httpsPage(httpsHSTS), nil},
	{"https-policy", "The policy of the pages", httpsPage(httpsPolicy), nil},
	{"https-body", "Webhooks arrive byte for byte", httpsBody, nil},

	{"clock", "The clock is right", clock, nil},
	{"objects-mode", "Nothing is left from tests", objectsMode, nil},
	{"database-schema", "Database: tables", databaseSchema, nil},
	{"database-mode", "Database: mode", databaseMode, nil},
	{"database-account", "Database: account", databaseAccount, nil},
	{"database-backup", "Database: backup", databaseBackup, nil},
	{"logs-canary", "Logs hold no personal data", logsCanary, nil},
}

// table returns all checks: those that are read, and then the boxes that a
// person ticks.
func table() []check {
	all := slices.Clone(checks)
	for _, b := range boxes {
		all = append(all, b.check())
	}
	return all
}

func ownSecrets(s Setup) []string     { return s.Secrets }
func connectSecrets(s Setup) []string { return s.ConnectSecrets }

// Names returns the names of all checks, in the order of the report.
func Names() []string {
	all := table()
	names := make([]string, 0, len(all))
	for _, c := range all {
		names = append(names, c.name)
	}
	return names
}

func connectOn(f *facts) bool { return f.setup.Connect }

func green(format string, args ...any) verdict {
	return verdict{status: Green, evidence: fmt.Sprintf(format, args...)}
}

// red returns a verdict that asks for something to be done.
func red(todo, format string, args ...any) verdict {
	return verdict{status: Red, evidence: fmt.Sprintf(format, args...), todo: todo}
}

// hidden returns the verdict of a check that cannot be made from here.
func hidden(todo, format string, args ...any) verdict {
	return verdict{status: Hidden, evidence: fmt.Sprintf(format, args...), todo: todo}
}

// unread returns the verdict of a check whose facts could not be read.
func unread(err error) verdict {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused) && refused.Permission != "":
		v := hidden("Give the key the permission "+refused.Permission+", or look in the Dashboard.", "%s", refused)
		v.permission = refused.Permission
		return v

	case errors.As(err, &refused):
		return hidden("Look in the Dashboard.", "%s", refused)
	}

	return red("Look whether Stripe can be reached from here and whether the key is valid, then run it again.",
		"it could not be read. %s", err)
}

// list returns at most some of the words as one text.
func list(words []string) string {
	const most = 6
	if n := len(words) - most; n > 0 {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(words, ", ")
}
