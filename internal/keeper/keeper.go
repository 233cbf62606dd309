// Package keeper opens the keepers that encrypt the secrets of projects: a local
// key, or a key that never leaves a key management service.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"gocloud.dev/gcp"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/awskms"
	"gocloud.dev/secrets/azurekeyvault"
	"gocloud.dev/secrets/gcpkms"
	"gocloud.dev/secrets/hashivault"
	"gocloud.dev/secrets/localsecrets"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

// Open opens the keeper that a URL names:
//
//	keyfile:///absolute/path             a file made by keyfile.Create
//	base64key://KEY                      32 bytes in base64
//	awskms:///KEY?region=REGION          AWS KMS: a key's id, alias or ARN
//	gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K
//	azurekeyvault://NAME.vault.azure.net/keys/KEY
//	hashivault://KEY                     Vault's transit engine, at VAULT_ADDR with VAULT_TOKEN
//
// Credentials come from where the tools of each service look for them. No error
// shows key material. The caller closes the keeper.
func Open(ctx context.Context, link string) (*secrets.Keeper, error) {
	scheme, rest, ok := strings.Cut(link, "://")
	if !ok {
		// What is no URL may well be a key that was pasted alone.
		return nil, fmt.Errorf("the URL of a keeper has no scheme, expected one of %s", schemes())
	}
	switch scheme {
	case "base64key":
		// A key holds characters that a URL's host can't, and the errors of
		// the URL parser repeat what they read.
		return openText(rest)
	case "keyfile":
		return openFile(rest)
	}
	u, err := url.Parse(link)
	if err != nil {
		// The parser's errors repeat what it read, and somebody who mistypes
		// base64key:// gets here.
		return nil, fmt.Errorf("the URL of the keeper with the scheme %q can't be read, expected one of %s", scheme, schemes())
	}
	mux := services()
	if !mux.ValidKeeperScheme(u.Scheme) {
		return nil, fmt.Errorf("unknown scheme %q in the URL of a keeper, expected one of %s", scheme, schemes())
	}
	k, err := mux.OpenKeeperURL(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("can't open the %s keeper: %w", u.Scheme, err)
	}
	return k, nil
}

func schemes() string {
	names := []string{"keyfile", "base64key"}
	return strings.Join(append(names, services().KeeperSchemes()...), ", ")
}

// services is a mux of ours: the default one keeps the first client of a service
// for good, with the credentials that the environment had then.
func services() *secrets.URLMux {
	mux := new(secrets.URLMux)
	mux.RegisterKeeper(awskms.Scheme, new(awskms.URLOpener))
	mux.RegisterKeeper(azurekeyvault.Scheme, &azurekeyvault.URLOpener{ClientMaker: azurekeyvault.DefaultClientMaker})
	mux.RegisterKeeper(gcpkms.Scheme, opener(openGCP))
	mux.RegisterKeeper(hashivault.Scheme, opener(openVault))
	return mux
}

type opener func(context.Context, *url.URL) (*secrets.Keeper, error)

func (o opener) OpenKeeperURL(ctx context.Context, u *url.URL) (*secrets.Keeper, error) {
	return o(ctx, u)
}

func openGCP(ctx context.Context, u *url.URL) (*secrets.Keeper, error) {
	creds, err := gcp.DefaultCredentials(ctx)
	if err != nil {
		return nil, err
	}
	client, cleanup, err := gcpkms.Dial(ctx, creds.TokenSource)
	if err != nil {
		return nil, err
	}
	k, err := (&gcpkms.URLOpener{Client: client}).OpenKeeperURL(ctx, u)
	if err != nil {
		cleanup()
		return nil, err
	}
	return k, nil
}

func openVault(ctx context.Context, u *url.URL) (*secrets.Keeper, error) {
	var cfg hashivault.Config
	if cfg.APIConfig.Address = os.Getenv("VAULT_ADDR"); cfg.APIConfig.Address == "" {
		return nil, errors.New("the address of Vault is expected in the environment variable VAULT_ADDR")
	}
	cfg.Token = os.Getenv("VAULT_TOKEN")
	client, err := hashivault.Dial(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	return (&hashivault.URLOpener{Client: client}).OpenKeeperURL(ctx, u)
}

func openText(text string) (*secrets.Keeper, error) {
	if strings.ContainsAny(text, "?#") {
		return nil, errors.New("the base64key keeper takes no parameters")
	}
	key, err := keyfile.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("the URL of the base64key keeper holds no key: %w", err)
	}
	return localsecrets.NewKeeper(key), nil
}
