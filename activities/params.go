package activities

import (
	"sync"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/session"
)

// fullParams returns the raw params of a task with the built-in ones over them.
func (a *Adaptor) fullParams(req *Request, zone *time.Location) (*ordered.Object, error) {
	s := req.Session
	params := req.Params
	if s.Schedule != nil {
		given, err := a.schedules.params(s, zone)
		if err != nil {
			return nil, err
		}
		params = given.Merge(params)
	}
	return params.Merge(session.Params(session.Runtime{
		Zone: zone, SessionTime: s.Time, UUID: s.UUID, SessionID: s.SessionID, AttemptID: s.AttemptID,
		ProjectID: s.ProjectID, TaskName: req.Task, RetryAttemptName: s.RetryAttemptName,
	}, params)), nil
}

// scheduleCache spares the tasks of a session the search for the times around
// it, which walks through a schedule.
type scheduleCache struct {
	mu    sync.Mutex
	times map[scheduleKey]*ordered.Object
}

type scheduleKey struct {
	at             int64
	zone, schedule string
}

const maxSchedules = 1000

func newScheduleCache() *scheduleCache {
	return &scheduleCache{times: map[scheduleKey]*ordered.Object{}}
}

func (c *scheduleCache) params(s *Session, zone *time.Location) (*ordered.Object, error) {
	key := scheduleKey{at: s.Time.UnixNano(), zone: s.Timezone, schedule: ordered.Text(s.Schedule)}
	c.mu.Lock()
	known, ok := c.times[key]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	sched, err := schedule.Parse(s.Schedule, zone)
	if err != nil {
		return nil, err
	}
	params := session.Scheduled(sched, s.Time, zone, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.times) >= maxSchedules {
		clear(c.times)
	}
	c.times[key] = params
	return params, nil
}

// zoneCache spares tasks the reading of a zone's file.
type zoneCache struct {
	mu    sync.Mutex
	zones map[string]*time.Location
}

// maxZones is more than there are regions; offsets can be anything.
const maxZones = 1000

func newZoneCache() *zoneCache { return &zoneCache{zones: map[string]*time.Location{}} }

func (c *zoneCache) load(id string) (*time.Location, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.zones[id]; known != nil {
		return known, nil
	}
	loaded, err := zone.Load(id)
	if err != nil {
		return nil, err
	}
	if len(c.zones) >= maxZones {
		clear(c.zones)
	}
	c.zones[id] = loaded
	return loaded, nil
}
