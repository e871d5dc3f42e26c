package testcards

import "strings"

// ibanOutcomes maps the last digits of Stripe's test accounts for SEPA debit to
// the outcome of a debit. See
// https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration.
var ibanOutcomes = map[string]string{
	"3204": "succeed",
	"3205": "succeed_delayed",
	"3202": "fail",
	"3203": "fail_delayed",
	"5987": "dispute",
}

// SEPAOutcome returns the outcome of a debit from an IBAN. Stripe has test
// accounts in many countries, most of them with the same last digits.
func SEPAOutcome(iban string) string {
	for tail, outcome := range ibanOutcomes {
		if strings.HasSuffix(iban, tail) {
			return outcome
		}
	}

	if outcome, ok := otherIBANs[iban]; ok {
		return outcome
	}
	return "succeed"
}

var otherIBANs = map[string]string{
	"DE89370400440532013000":      "succeed",
	"DE08370400440532013003":      "succeed_delayed",
	"DE62370400440532013001":      "fail",
	"DE78370400440532013004":      "fail_delayed",
	"DE35370400440532013002":      "dispute",
	"NL39RABO0300065264":          "succeed",
	"NL55RABO0300065268":          "succeed_delayed",
	"NL91ABNA0417164300":          "fail",
	"NL28RABO0300065269":          "fail_delayed",
	"NL82RABO0300065266":          "dispute",
	"FR1420041010050500013M02606": "succeed",
	"FR3020041010050500013M02609": "succeed_delayed",
	"FR8420041010050500013M02607": "fail",
	"FR7920041010050500013M02600": "fail_delayed",
	"FR5720041010050500013M02608": "dispute",
}

// ibanParts are the lengths of the codes of the bank and of its branch in the
// IBANs of a country, and where they begin, as in the registry of IBANs:
// https://www.swift.com/standards/data-standards/iban-international-bank-account-number.
var ibanParts = map[string]struct{ bank, branch, from int }{
	"AT": {bank: 5},
	"BE": {bank: 3},
	"BG": {bank: 4, branch: 4},
	"CH": {bank: 5},
	"CY": {bank: 3, branch: 5},
	"CZ": {bank: 4},
	"DE": {bank: 8},
	"DK": {bank: 4},
	"EE": {bank: 2},
	"ES": {bank: 4, branch: 4},
	"FI": {bank: 3},
	"FR": {bank: 5, branch: 5},
	"GB": {bank: 4, branch: 6},
	"GI": {bank: 4},
	"GR": {bank: 3, branch: 4},
	"HR": {bank: 7},
	"HU": {bank: 3, branch: 4},
	"IE": {bank: 4, branch: 6},
	"IT": {bank: 5, branch: 5, from: 1},
	"LI": {bank: 5},
	"LT": {bank: 5},
	"LU": {bank: 3},
	"LV": {bank: 4},
	"MC": {bank: 5, branch: 5},
	"MT": {bank: 4, branch: 5},
	"NL": {bank: 4},
	"NO": {bank: 4},
	"PT": {bank: 4, branch: 4},
	"RO": {bank: 4},
	"SE": {bank: 3},
	"SI": {bank: 2, branch: 3},
	"SK": {bank: 4},
	"SM": {bank: 5, branch: 5, from: 1},
}

// BankCodes returns the parts of an IBAN that identify the bank and its branch,
// which most countries do not tell.
func BankCodes(iban string) (bank, branch string) {
	parts, known := ibanParts[iban[:2]]
	if !known {
		parts.bank = 4
	}

	rest := iban[4:]
	if len(rest) < parts.from+parts.bank+parts.branch {
		return rest, ""
	}

	rest = rest[parts.from:]
	return rest[:parts.bank], rest[parts.bank : parts.bank+parts.branch]
}

// ValidIBAN reports whether the length and the ISO 7064 remainder of an IBAN
// are right.
func ValidIBAN(iban string) bool {
	if len(iban) < 15 || len(iban) > 34 {
		return false
	}

	rest := 0
	for _, r := range iban[4:] + iban[:4] {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}

	return rest == 1
}

// IdealBICs maps the banks of iDEAL to their BICs.
var IdealBICs = map[string]string{
	"abn_amro":     "ABNANL2A",
	"asn_bank":     "ASNBNL21",
	"bunq":         "BUNQNL2A",
	"ing":          "INGBNL2A",
	"knab":         "KNABNL2H",
	"n26":          "NTSBDEB1",
	"rabobank":     "RABONL2U",
	"regiobank":    "RBRBNL21",
	"revolut":      "REVOLT21",
	"sns_bank":     "SNSBNL2A",
	"triodos_bank": "TRIONL2U",
	"van_lanschot": "FVLBNL22",
	"yoursafe":     "BITSNL2A",
}

// USOutcomes maps Stripe's test account numbers for ACH debits to the outcome
// of a debit. Microdeposits are not simulated: the account whose microdeposits
// fail fails itself. See
// https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers.
var USOutcomes = map[string]string{
	"000123456789": "succeed",
	"000111111113": "fail:account_closed",
	"000000004954": "fail:fraudulent",
	"000111111116": "fail:no_account",
	"000222222227": "fail:insufficient_funds",
	"000333333335": "fail:debit_not_authorized",
	"000444444440": "fail:invalid_currency",
	"000666666661": "fail",
	"000555555559": "dispute",
	"000000000009": StaysProcessing,
	"000777777771": "fail:generic_decline",
}

// usNames maps the payment methods pm_usBankAccount_... to these accounts.
var usNames = map[string]string{
	"success":             "000123456789",
	"accountClosed":       "000111111113",
	"riskLevelHighest":    "000000004954",
	"noAccount":           "000111111116",
	"insufficientFunds":   "000222222227",
	"debitNotAuthorized":  "000333333335",
	"invalidCurrency":     "000444444440",
	"failMicrodeposits":   "000666666661",
	"dispute":             "000555555559",
	"processing":          "000000000009",
	"weeklyLimitExceeded": "000777777771",
}

// USBank returns the test account number of a payment method
// pm_usBankAccount_...
func USBank(name string) (string, bool) {
	short, named := strings.CutPrefix(name, "pm_usBankAccount_")
	account, ok := usNames[short]
	return account, named && ok
}

// StaysProcessing is the outcome of the test account whose debits are never
// decided.
const StaysProcessing = "stay"
