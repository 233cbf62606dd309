package main

import "github.com/dig2temporal/dig2temporal/activities"

// logLevels are the values of --log-level, as Digdag names them.
func logLevels() map[string]activities.Level {
	return map[string]activities.Level{
		"error": activities.LevelError, "warn": activities.LevelWarn, "info": activities.LevelInfo,
		"debug": activities.LevelDebug, "trace": activities.LevelDebug,
	}
}
