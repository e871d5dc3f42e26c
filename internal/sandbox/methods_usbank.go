package sandbox

import "cmp"

func fillUSBank(pm *PaymentMethod, p *params) error {
	account, routing := p.str("us_bank_account", "account_number"), p.str("us_bank_account", "routing_number")
	if account == "" {
		return missingParam("us_bank_account[account_number]")
	}
	if len(routing) != 9 {
		return invalid("routing_number_invalid", "us_bank_account[routing_number]", "Invalid routing number.")
	}
	if err := needBilling(p, "us_bank_account", "name"); err != nil {
		return err
	}
	holder, kind := p.str("us_bank_account", "account_holder_type"), p.str("us_bank_account", "account_type")
	useUSBank(pm, account, routing, cmp.Or(holder, "individual"), cmp.Or(kind, "checking"))
	return nil
}

func useUSBank(pm *PaymentMethod, account, routing, holder, kind string) {
	pm.USBankAccount = &MethodUSBank{
		AccountHolderType: holder, AccountType: kind, BankName: "STRIPE TEST BANK",
		Fingerprint: fingerprint(routing + account), Last4: account[max(0, len(account)-4):], RoutingNumber: routing,
		Networks: usBankNetworks{Preferred: "ach", Supported: []string{"ach", "us_domestic_wire"}},
	}
	pm.private.Outcome = cmp.Or(usOutcomes[account], "succeed")
}
