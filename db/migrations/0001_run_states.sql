-- A closed run never reopens, and no run returns to the queue: the database refuses what the fold must never ask for.
CREATE FUNCTION process_runs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('succeeded', 'degraded', 'failed', 'cancelled') AND NEW.status <> OLD.status THEN
    RAISE EXCEPTION 'run % ended % and cannot become %', OLD.run_id, OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'process_runs_transition';
  END IF;
  IF NEW.status = 'queued' AND OLD.status <> 'queued' THEN
    RAISE EXCEPTION 'run % is % and cannot return to the queue', OLD.run_id, OLD.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'process_runs_transition';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER process_runs_transition BEFORE UPDATE OF status ON process_runs
  FOR EACH ROW EXECUTE FUNCTION process_runs_guard();
