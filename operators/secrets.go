package operators

import (
	"regexp"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Secrets are written ${secret:key}. Every other ${word:...} in a text that may
// have them is refused, since it is most likely a slip.
var secretReference = regexp.MustCompile(`\$\{([^{}:]*):([^}]+)\}`)

// ResolveSecrets replaces every ${secret:key} of a text. The result must reach
// neither a log nor an error nor the arguments of a process.
func ResolveSecrets(text string, secrets Secrets) (string, error) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	var b strings.Builder
	at := 0
	for _, m := range secretReference.FindAllStringSubmatchIndex(text, -1) {
		if strings.TrimSpace(text[m[2]:m[3]]) != "secret" {
			return "", config.Errorf("Invalid parametrization: '%s'", text[m[0]:m[1]])
		}
		key := strings.TrimSpace(text[m[4]:m[5]])
		if secrets == nil {
			return "", SecretNotFound(key)
		}
		value, err := secrets.Get(key)
		if err != nil {
			return "", err
		}
		b.WriteString(text[at:m[0]])
		b.WriteString(value)
		at = m[1]
	}
	b.WriteString(text[at:])
	return b.String(), nil
}

// SecretNotFound is the error of a secret that is not set.
func SecretNotFound(key string) error {
	return &ConfigError{Message: "Secret not found for key: '" + key + "'", Kind: "secret not found"}
}
