package sandbox

import "strings"

// usOutcomes are Stripe's test account numbers for ACH debits. Microdeposits are not simulated: the account whose
// microdeposits fail fails.
// See https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers.
var usOutcomes = map[string]string{
	"000123456789": "succeed", "000111111113": "fail:account_closed", "000000004954": "fail:fraudulent",
	"000111111116": "fail:no_account", "000222222227": "fail:insufficient_funds", "000333333335": "fail:debit_not_authorized",
	"000444444440": "fail:invalid_currency", "000666666661": "fail", "000555555559": "dispute", "000000000009": staysProcessing,
	"000777777771": "fail:generic_decline",
}

// usNames are the payment methods pm_usBankAccount_... of the same accounts.
var usNames = map[string]string{
	"success": "000123456789", "accountClosed": "000111111113", "riskLevelHighest": "000000004954", "noAccount": "000111111116",
	"insufficientFunds": "000222222227", "debitNotAuthorized": "000333333335", "invalidCurrency": "000444444440",
	"failMicrodeposits": "000666666661", "dispute": "000555555559", "processing": "000000000009", "weeklyLimitExceeded": "000777777771",
}

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
	useUSBank(pm, account, routing, orDefault(holder, "individual"), orDefault(kind, "checking"))
	return nil
}

func useUSBank(pm *PaymentMethod, account, routing, holder, kind string) {
	pm.USBankAccount = &MethodUSBank{
		AccountHolderType: holder, AccountType: kind, BankName: "STRIPE TEST BANK",
		Fingerprint: fingerprint(routing + account), Last4: account[max(0, len(account)-4):], RoutingNumber: routing,
		Networks: usBankNetworks{Preferred: "ach", Supported: []string{"ach", "us_domestic_wire"}},
	}
	pm.private.Outcome = orDefault(usOutcomes[account], "succeed")
}

// usBankNamed finds a test account number by the name of its payment method.
func usBankNamed(name string) (string, bool) {
	short, named := strings.CutPrefix(name, "pm_usBankAccount_")
	account, ok := usNames[short]
	return account, named && ok
}
