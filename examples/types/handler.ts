// A function behind a rule for ends of jobs, whose event has the generated types.

import type { JobStatusChange } from "./job-status-change";

/** Says how a job ended. */
export async function handler(event: JobStatusChange): Promise<string> {
  const { job_id, status, progress, failure } = event.detail;
  switch (status) {
    case "SUCCEEDED":
    case "PARTIAL":
      return `${job_id}: ${progress.processed ?? 0} records, ${progress.failed ?? 0} failed`;
    default:
      return `${job_id} is ${status}: ${failure.message ?? "no reason given"}`;
  }
}
