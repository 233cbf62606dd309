// Package bucket opens the blob stores that projects, logs and large values are
// kept in.
package bucket

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcp"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

var schemes = []string{fileblob.Scheme, memblob.Scheme, s3blob.Scheme, gcsblob.Scheme, azureblob.Scheme}

// Open opens the bucket of a URL:
//
//	file:///var/lib/projects, /var/lib/projects   a folder, created if it is missing
//	file://./projects                             a folder below the working directory
//	mem://                                        a new bucket in memory
//	s3://name?region=us-east-1                    Amazon S3 and what speaks its protocol (endpoint=…&use_path_style=true)
//	gs://name                                     Google Cloud Storage
//	azblob://container                            Azure Blob Storage
//
// The parameter "prefix" puts a text before every key ("prefix=a/" works in the
// folder a); the others are those of gocloud.dev. Credentials are found as the
// clients of the cloud find them. Nothing is asked of a cloud's service here but,
// for some kinds of credentials, a token.
func Open(ctx context.Context, text string) (*blob.Bucket, error) {
	u, err := parse(text)
	if err != nil {
		return nil, err
	}
	var mux blob.URLMux
	mux.RegisterBucket(fileblob.Scheme, opener(openFolder))
	mux.RegisterBucket(memblob.Scheme, &memblob.URLOpener{})
	mux.RegisterBucket(s3blob.Scheme, &s3blob.URLOpener{})
	mux.RegisterBucket(gcsblob.Scheme, opener(openGoogle))
	// How the credentials are found is known to the opener in that registry alone.
	mux.RegisterBucket(azureblob.Scheme, blob.DefaultURLMux())
	b, err := mux.OpenBucketURL(ctx, u)
	if err != nil {
		return nil, &openError{url: plain(u), err: err}
	}
	return b, nil
}

func parse(text string) (*url.URL, error) {
	if filepath.IsAbs(text) {
		return &url.URL{Scheme: fileblob.Scheme, Path: filepath.ToSlash(text)}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		// The parser's own message shows the whole text, and with it what may be a
		// password.
		return nil, fmt.Errorf("bucket: the text is no URL and no absolute path")
	}
	switch {
	case u.Scheme == "":
		return nil, fmt.Errorf("bucket %q: expected an absolute path or a URL (%s://…)", plain(u), strings.Join(schemes, "://…, "))
	case !slices.Contains(schemes, u.Scheme):
		hint := ""
		if near := spell.Nearest(u.Scheme, schemes); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		return nil, fmt.Errorf("bucket %q: unknown scheme %q%s, expected one of %s", plain(u), u.Scheme, hint, strings.Join(schemes, ", "))
	case u.Scheme != memblob.Scheme && u.Scheme != fileblob.Scheme && u.Host == "":
		return nil, fmt.Errorf("bucket %q: the name of the bucket is missing, expected %s://name", plain(u), u.Scheme)
	case u.Scheme != fileblob.Scheme && strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("bucket %q: a bucket has no path, expected %s://%s?prefix=%s/", plain(u), u.Scheme, u.Host, strings.Trim(u.Path, "/"))
	}
	return u, nil
}

type opener func(context.Context, *url.URL) (*blob.Bucket, error)

func (o opener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	return o(ctx, u)
}

// openFolder writes files in place of blobs and nothing beside them: no
// attributes, and the unfinished file of a write lies in the folder where it is
// renamed when it is complete.
func openFolder(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	switch u.Host {
	case "", "localhost", ".":
	default:
		return nil, fmt.Errorf("the path of a folder begins with a slash, expected file:///%s%s", u.Host, u.Path)
	}
	if strings.Trim(u.Path, "/") == "" {
		return nil, fmt.Errorf("the path of the folder is missing, expected file:///path")
	}
	o := fileblob.URLOpener{Options: fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	}}
	return o.OpenBucketURL(ctx, u)
}

// openGoogle differs from the library's own opener in that missing credentials
// are an error, not a line on the standard output.
func openGoogle(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	if u.Query().Get("anonymous") == "true" || os.Getenv("STORAGE_EMULATOR_HOST") != "" {
		return (&gcsblob.URLOpener{Client: gcp.NewAnonymousHTTPClient(gcp.DefaultTransport())}).OpenBucketURL(ctx, u)
	}
	credentials, err := gcp.DefaultCredentials(ctx)
	if err != nil {
		return nil, err
	}
	tokens := gcp.CredentialsTokenSource(credentials)
	client, err := gcp.NewHTTPClient(gcp.DefaultTransport(), tokens)
	if err != nil {
		return nil, err
	}
	return (&gcsblob.URLOpener{Client: client, TokenSource: tokens}).OpenBucketURL(ctx, u)
}

var anyURL = regexp.MustCompile(`\b[a-z0-9]+://[^\s"]*[^\s":,.]`)

// plain is the URL without what may be secret: user, password and parameters.
func plain(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

type openError struct {
	url string
	err error
}

// Error cuts the URLs that the libraries print whole.
func (e *openError) Error() string {
	return fmt.Sprintf("bucket %q: %s", e.url, anyURL.ReplaceAllStringFunc(e.err.Error(), func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			return e.url
		}
		return plain(u)
	}))
}

func (e *openError) Unwrap() error { return e.err }
