package serve

import "go.temporal.io/sdk/workflow"

const autoUpgrade = workflow.VersioningBehaviorAutoUpgrade
