package sandbox

import "strings"

// ibanOutcomes are Stripe's test accounts for SEPA debit by the tail of their number, and what a debit of them does.
// See https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration.
var ibanOutcomes = map[string]string{
	"3204": "succeed", "3205": "succeed_delayed", "3202": "fail", "3203": "fail_delayed", "5987": "dispute",
}

// sepaOutcome reads what a test IBAN stands for. Stripe publishes one per country with the same pattern of endings.
func sepaOutcome(iban string) string {
	for tail, outcome := range ibanOutcomes {
		if strings.HasSuffix(iban, tail) {
			return outcome
		}
	}
	if other, known := otherIBANs[iban]; known {
		return other
	}
	return "succeed"
}

var otherIBANs = map[string]string{
	"DE89370400440532013000": "succeed", "DE08370400440532013003": "succeed_delayed", "DE62370400440532013001": "fail",
	"DE78370400440532013004": "fail_delayed", "DE35370400440532013002": "dispute",
	"NL39RABO0300065264": "succeed", "NL55RABO0300065268": "succeed_delayed", "NL91ABNA0417164300": "fail",
	"NL28RABO0300065269": "fail_delayed", "NL82RABO0300065266": "dispute",
	"FR1420041010050500013M02606": "succeed", "FR3020041010050500013M02609": "succeed_delayed",
	"FR8420041010050500013M02607": "fail", "FR7920041010050500013M02600": "fail_delayed", "FR5720041010050500013M02608": "dispute",
}

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

func bankCode(iban string) string {
	lengths := map[string]int{"AT": 5, "DE": 8, "FR": 5, "NL": 4, "BE": 3, "ES": 4, "IT": 5, "IE": 4}
	n := lengths[iban[:2]]
	if n == 0 || len(iban) < 4+n {
		n = 4
	}
	return iban[4 : 4+n]
}

// ibanFits checks the length and the ISO 7064 remainder of an IBAN.
func ibanFits(iban string) bool {
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

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
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

var idealBICs = map[string]string{
	"abn_amro": "ABNANL2A", "asn_bank": "ASNBNL21", "bunq": "BUNQNL2A", "ing": "INGBNL2A", "knab": "KNABNL2H", "n26": "NTSBDEB1",
	"rabobank": "RABONL2U", "regiobank": "RBRBNL21", "revolut": "REVOLT21", "sns_bank": "SNSBNL2A", "triodos_bank": "TRIONL2U",
	"van_lanschot": "FVLBNL22", "yoursafe": "BITSNL2A",
}

func newIdeal(bank string) *MethodIdeal {
	return &MethodIdeal{Bank: orNil(bank), BIC: orNil(idealBICs[bank])}
}
