package main

import (
	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/rs/zerolog"
)

// memoryRatio is the part of the container's memory that Go may use. SQLite
// keeps its cache outside of Go's heap.
const memoryRatio = 0.8

// limitMemory makes the garbage collector work towards the memory limit of the
// container, so that a burst of requests collects more often instead of being
// killed. GOMEMLIMIT takes precedence.
func limitMemory(log zerolog.Logger, container memlimit.Provider) {
	limit, err := memlimit.Set(memlimit.WithRatio(memoryRatio), memlimit.WithProvider(container))
	if err != nil {
		// Outside of a container there is nothing to read.
		log.Debug().Err(err).Msg("no memory limit of a container")
		return
	}
	log.Debug().Int64("bytes", limit).Msg("memory limit")
}
