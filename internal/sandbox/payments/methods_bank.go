package payments

import (
	"strings"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// fillSEPA sets the account of a SEPA debit from its IBAN.
func fillSEPA(pm *PaymentMethod, p *wire.Params) error {
	iban := strings.ToUpper(strings.ReplaceAll(p.String("sepa_debit", "iban"), " ", ""))
	field := Pathed(p, "sepa_debit") + "[iban]"

	if iban == "" {
		return wire.MissingParam(field)
	}
	if !testcards.ValidIBAN(iban) {
		return wire.Invalid("invalid_bank_account_iban", field, "The IBAN you provided is invalid.")
	}
	if err := needBilling(p, "sepa_debit", "name", "email"); err != nil {
		return err
	}

	bank, branch := testcards.BankCodes(iban)
	pm.SEPADebit = &MethodSEPA{
		BankCode:    bank,
		BranchCode:  branch,
		Country:     iban[:2],
		Fingerprint: fingerprint(iban),
		Last4:       iban[len(iban)-4:],
	}

	pm.private.Outcome = testcards.SEPAOutcome(iban)
	return nil
}

// needBilling demands the billing details that a payment method type needs. A
// field may be nested, as in address[country].
func needBilling(p *wire.Params, kind string, fields ...string) error {
	for _, field := range fields {
		path := strings.Split(strings.TrimSuffix(field, "]"), "[")
		if p.String(append([]string{"billing_details"}, path...)...) == "" {
			name := Pathed(p, "billing_details") + "[" + strings.Join(path, "][") + "]"
			return wire.Invalid(
				"parameter_missing", name,
				"Missing required param: %s. It is needed for %s payments.",
				name, kind,
			)
		}
	}

	return nil
}

// newIdeal returns the bank of an iDEAL payment method, which may still be
// unknown.
func newIdeal(bank string) *MethodIdeal {
	return &MethodIdeal{Bank: wire.OrNil(bank), BIC: wire.OrNil(testcards.IdealBICs[bank])}
}
