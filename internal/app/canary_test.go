package app_test

// What must never be seen in a log or in an error.
const (
	canaryName  = "Jenny Canary"
	canaryEmail = "jenny.canary@example.com"
	canaryKey   = "canarykeycanarykeycanary"
)
