CREATE UNLOGGED TABLE "rate_limits" (
	"bucket" text NOT NULL,
	"subject" text NOT NULL,
	"rested_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "rate_limits_bucket_subject_pk" PRIMARY KEY("bucket","subject")
);
