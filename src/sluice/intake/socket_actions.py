"""Carries out the actions that clients send over their connections, and posts the replies.

A caller reaches only its own jobs. Another caller's job is reported as not found.
"""

from dataclasses import dataclass

from sluice.errors import Rejected, SluiceError
from sluice.ids import checked_id, is_job_id
from sluice.intake.actions import Action, Ask, Cancel, Ping, Subscribe, Unsubscribe
from sluice.intake.submission import Submission
from sluice.job.job import Job, JobKey
from sluice.pace.forecaster import Forecaster, Outlook
from sluice.ports import JobStore, Push
from sluice.push.events import PlainEvent, error_event, job_event
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.lookup import existing
from sluice.upkeep.resending import Resender


@dataclass(frozen=True)
class SocketActions:
    """Serves connections.

    Every method raises ConnectionGone, Throttled or Unavailable if a reply cannot be posted.
    """

    store: JobStore
    push: Push
    submission: Submission
    forecaster: Forecaster
    cancellation: Cancellation
    resender: Resender

    def act(self, caller: str, connection: str, action: Action) -> None:
        """Carry out an action. Raises Rejected or Transient if that is not possible."""
        match action:
            case Ask():
                self._ask(caller, connection, action)
            case Subscribe():
                outlook = self.forecaster.outlook()
                for job_id in dict.fromkeys(action.job_ids):
                    self._subscribe(caller, connection, job_id, outlook)
            case Unsubscribe():
                self._unsubscribe(caller, connection, action)
            case Cancel():
                self._cancel(caller, connection, action)
            case Ping():
                self._reply(connection, PlainEvent("pong", _request(action.request_id)))

    def refuse(self, connection: str, error: SluiceError, *, request_id: str | None = None) -> None:
        """Post an error to a connection."""
        self._reply(connection, error_event(error, request_id=request_id))

    def _ask(self, caller: str, connection: str, ask: Ask) -> None:
        def announce(job: Job) -> None:
            # This happens before the job is queued, so that no event of a worker comes first.
            forecast = self.forecaster.forecast(job)
            self._reply(connection, job_event(job, forecast, ask.request_id))

        self.submission.submit(caller, ask, watcher=connection, announce=announce)

    def _subscribe(self, caller: str, connection: str, job_id: str, outlook: Outlook) -> None:
        try:
            key = JobKey(caller=caller, job_id=checked_id(job_id))
            job = existing(self.store.subscribe(key, connection))
        except Rejected as error:
            self._reply(connection, error_event(error, job_id=job_id))
            return
        job = self.resender.look_after(job, outlook)
        self._reply(connection, job_event(job, outlook.of(job)))

    def _cancel(self, caller: str, connection: str, action: Cancel) -> None:
        try:
            job = self.cancellation.cancel(caller, action.job_id)
        except Rejected as error:
            context = {"job_id": action.job_id, "request_id": action.request_id}
            self._reply(connection, error_event(error, **context))
            return
        fields = {"job_id": job.id, **_request(action.request_id)}
        self._reply(connection, PlainEvent("cancelling", fields))

    def _unsubscribe(self, caller: str, connection: str, action: Unsubscribe) -> None:
        for job_id in action.job_ids:
            if is_job_id(job_id):
                self.store.unsubscribe(JobKey(caller=caller, job_id=job_id), connection)
        fields = {"job_ids": action.job_ids, **_request(action.request_id)}
        self._reply(connection, PlainEvent("unsubscribed", fields))

    def _reply(self, connection: str, event: PlainEvent) -> None:
        self.push.post(connection, event.encode())


def _request(request_id: str | None) -> dict[str, str]:
    return {} if request_id is None else {"request_id": request_id}
