CREATE INDEX "leads_customer" ON "leads" USING btree ("tenant_id","customer_id","created_at");--> statement-breakpoint
CREATE INDEX "requests_customer" ON "requests" USING btree ("tenant_id","customer_id","created_at");--> statement-breakpoint
CREATE INDEX "process_runs_newest" ON "process_runs" USING btree ("tenant_id","queued_at","run_id");