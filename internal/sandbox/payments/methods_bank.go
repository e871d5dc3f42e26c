package payments

import (
	"strings"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

func fillSEPA(pm *PaymentMethod, p *wire.Params) error {
	iban := strings.ToUpper(strings.ReplaceAll(p.String("sepa_debit", "iban"), " ", ""))
	field := Pathed(p, "sepa_debit") + "[iban]"
	if p.Path == "" {
		field = "sepa_debit[iban]"
	}

	if iban == "" {
		return wire.MissingParam(field)
	}
	if !testcards.ValidIBAN(iban) {
		return wire.Invalid("invalid_bank_account_iban", field, "The IBAN you provided is invalid.")
	}
	if err := needBilling(p, "sepa_debit", "name", "email"); err != nil {
		return err
	}

	pm.SEPADebit = &MethodSEPA{
		BankCode:    testcards.BankCode(iban),
		Country:     iban[:2],
		Fingerprint: fingerprint(iban),
		Last4:       iban[len(iban)-4:],
	}

	pm.private.Outcome = testcards.SEPAOutcome(iban)
	return nil
}

func needBilling(p *wire.Params, kind string, fields ...string) error {
	for _, f := range fields {
		at := p.At(append([]string{"billing_details"}, strings.FieldsFunc(f, func(r rune) bool { return r == '[' || r == ']' })...)...)
		if at == nil || at.Value == "" {
			name := Pathed(p, "billing_details") + "[" + strings.ReplaceAll(strings.TrimSuffix(f, "]"), "[", "][") + "]"
			return wire.Invalid("parameter_missing", name, "Missing required param: %s. It is needed for %s payments.", name, kind)
		}
	}
	return nil
}

func newIdeal(bank string) *MethodIdeal {
	return &MethodIdeal{Bank: wire.OrNil(bank), BIC: wire.OrNil(testcards.IdealBICs[bank])}
}
