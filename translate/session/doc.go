// Package session knows the times of sessions: the option --session, and the
// built-in params that come from a session's time.
package session
