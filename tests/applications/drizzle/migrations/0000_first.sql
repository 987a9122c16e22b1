create table "authors" ("id" serial primary key, "name" text not null unique, "about" jsonb);
--> statement-breakpoint
create table "books" (
  "id" serial primary key,
  "title" text not null,
  "pages" integer not null,
  "printed" timestamp with time zone,
  "author" integer not null references "authors" ("id")
);
