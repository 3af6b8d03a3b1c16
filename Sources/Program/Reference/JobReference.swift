import ServiceHost

/// The background work that services declare.
struct JobReference {
    let services: [ServiceOutline]

    var markdown: String {
        var text = """
            # Jobs

            This page is generated from the declarations of the services. Jobs on rows that are due report
            `sambal_job_*` under these names ([metrics.md](metrics.md), [adding-a-job.md](../adding-a-job.md)); the
            others run as long as their service. The gateway is missing here: its settings decide what work it has.

            """
        text += "\n" + Markdown.header("service", "work in the background")
        for service in services where !service.jobs.isEmpty {
            text += Markdown.row(service.name, service.jobs.joined(separator: ", "))
        }
        return text
    }
}
