package sandbox

import "strings"

func fillSEPA(pm *PaymentMethod, p *params) error {
	iban := strings.ToUpper(strings.ReplaceAll(p.str("sepa_debit", "iban"), " ", ""))
	field := pathed(p, "sepa_debit") + "[iban]"
	if p.path == "" {
		field = "sepa_debit[iban]"
	}
	if iban == "" {
		return missingParam(field)
	}
	if !ibanFits(iban) {
		return invalid("invalid_bank_account_iban", field, "The IBAN you provided is invalid.")
	}
	if err := needBilling(p, "sepa_debit", "name", "email"); err != nil {
		return err
	}
	pm.SEPADebit = &MethodSEPA{
		BankCode: bankCode(iban), Country: iban[:2], Fingerprint: fingerprint(iban), Last4: iban[len(iban)-4:],
	}
	pm.private.Outcome = sepaOutcome(iban)
	return nil
}

func needBilling(p *params, kind string, fields ...string) error {
	for _, f := range fields {
		at := p.at(append([]string{"billing_details"}, strings.FieldsFunc(f, func(r rune) bool { return r == '[' || r == ']' })...)...)
		if at == nil || at.value == "" {
			name := pathed(p, "billing_details") + "[" + strings.ReplaceAll(strings.TrimSuffix(f, "]"), "[", "][") + "]"
			return invalid("parameter_missing", name, "Missing required param: %s. It is needed for %s payments.", name, kind)
		}
	}
	return nil
}

func newIdeal(bank string) *MethodIdeal {
	return &MethodIdeal{Bank: orNil(bank), BIC: orNil(idealBICs[bank])}
}
