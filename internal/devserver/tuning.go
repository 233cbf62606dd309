package devserver

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// unlimited is a rate per second, or a number of things at once, that one machine never reaches.
const unlimited = 1_000_000

const mib = 1 << 20

// transactionLimit is the most bytes that one call may bring.
const transactionLimit = 64 * mib

// tuning fits the server to one machine and few users. Temporal's defaults are those of a cluster that protects its
// tenants from each other: they let a shard look for new tasks 20 times a second, and timers fire by the second.
func tuning() dynamicconfig.StaticClient {
	all := dynamicconfig.StaticClient{}
	set := func(value any, settings ...dynamicconfig.GenericSetting) {
		for _, s := range settings {
			all[s.Key()] = value
		}
	}

	// How often a queue may look for work, and how exactly timers fire.
	set(unlimited,
		dynamicconfig.TransferProcessorMaxPollRPS,
		dynamicconfig.TimerProcessorMaxPollRPS,
		dynamicconfig.VisibilityProcessorMaxPollRPS,
		dynamicconfig.OutboundProcessorMaxPollRPS,
	)
	set(time.Millisecond, dynamicconfig.TimerProcessorMaxTimeShift)

	// How far the queues are is written down this often. What is not written is looked at again at the next start,
	// and a run may be over in a tenth of a second.
	set(100*time.Millisecond,
		dynamicconfig.TransferProcessorUpdateAckInterval,
		dynamicconfig.TimerProcessorUpdateAckInterval,
		dynamicconfig.VisibilityProcessorUpdateAckInterval,
		dynamicconfig.OutboundProcessorUpdateAckInterval,
	)

	// One SQLite connection keeps few workers busy.
	set(64,
		dynamicconfig.TransferProcessorSchedulerWorkerCount,
		dynamicconfig.TimerProcessorSchedulerWorkerCount,
		dynamicconfig.VisibilityProcessorSchedulerWorkerCount,
	)
	set(16, dynamicconfig.MemoryTimerProcessorSchedulerWorkerCount)

	// Rates. Zero switches a limit of the persistence layer off.
	set(0,
		dynamicconfig.FrontendPersistenceMaxQPS,
		dynamicconfig.HistoryPersistenceMaxQPS,
		dynamicconfig.MatchingPersistenceMaxQPS,
	)
	set(unlimited,
		dynamicconfig.FrontendRPS,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance,
		dynamicconfig.HistoryRPS,
		dynamicconfig.MatchingRPS,
		dynamicconfig.AdminMatchingNamespaceToPartitionDispatchRate,
		dynamicconfig.AdminMatchingNamespaceTaskqueueToPartitionDispatchRate,
		dynamicconfig.SchedulerNamespaceStartWorkflowRPS,
	)

	set(1,
		dynamicconfig.MatchingNumTaskqueueReadPartitions,
		dynamicconfig.MatchingNumTaskqueueWritePartitions,
	)

	// Those who wait for a result are told, see notifier; should that ever fail, they ask again after this.
	set(5*time.Second, dynamicconfig.HistoryLongPollExpirationInterval)

	// The worker that closes many children for their parent is not here; the queue closes them itself.
	set(false, dynamicconfig.EnableParentClosePolicyWorker)

	// Plans are inputs of workflows, and big projects have big plans.
	set(16*mib, dynamicconfig.BlobSizeLimitError, dynamicconfig.MemoSizeLimitError)
	set(4*mib, dynamicconfig.BlobSizeLimitWarn)
	set(transactionLimit, dynamicconfig.TransactionSizeLimit, dynamicconfig.MutableStateSizeLimitError)
	set(200*mib, dynamicconfig.HistorySizeLimitError)
	set(100*mib, dynamicconfig.HistorySizeLimitWarn)

	// Memory: executions by number, and the events of running ones, which are read with every activity. The size is
	// counted as encoded; what the cache holds takes several times that.
	set(1024, dynamicconfig.HistoryCacheHostLevelMaxSize)
	set(4*mib, dynamicconfig.EventsCacheMaxSizeBytes)

	// Measurements for dashboards that are not here, and a question to Temporal's home about newer versions.
	set(false,
		dynamicconfig.PersistenceHealthSignalMetricsEnabled,
		dynamicconfig.PersistenceHealthSignalAggregationEnabled,
		dynamicconfig.HistoryHealthSignalMetricsEnabled,
		dynamicconfig.EnableServerVersionCheck,
	)
	return all
}
