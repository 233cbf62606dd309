package claimcheck

import (
	"errors"
	"fmt"
)

// A NotFoundError tells that an object is not in the store, or not any more.
type NotFoundError struct {
	// Sum is the SHA-256 of the object in hexadecimal.
	Sum string
}

func (e *NotFoundError) Error() string {
	return "the large payload " + e.Sum + " is not in the store (any more)"
}

// A DamagedError tells that the content of an object doesn't match its name.
type DamagedError struct {
	// Sum is the SHA-256 that the object should have, in hexadecimal.
	Sum string
}

func (e *DamagedError) Error() string {
	return "the large payload " + e.Sum + " is damaged in the store: its content has another hash"
}

// A TooLargeError tells that a payload exceeds MaxBytes of the options.
type TooLargeError struct {
	// Bytes and Max are sizes in bytes.
	Bytes, Max int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("a payload of %d bytes is too large, %d are allowed", e.Bytes, e.Max)
}

// Permanent tells that an error of this package stays however often the call is
// repeated, unlike those of an unreachable store.
func Permanent(err error) bool {
	var (
		gone    *NotFoundError
		damaged *DamagedError
		large   *TooLargeError
	)
	return errors.As(err, &gone) || errors.As(err, &damaged) || errors.As(err, &large)
}
