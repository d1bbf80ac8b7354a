"""Templates of productions: taken from one, changed, and applied to another."""

import gazu

from studio_day.day import TAG, by_id
from studio_day.releases import columns_for


def take_template(day):
    """The settings of a production serve for the next one."""
    template = gazu.project_template.new_project_template_from_project(
        day.project, f"Series {TAG}", "As the comet"
    )
    try:
        assert gazu.project_template.get_project_template_by_name(f"Series {TAG}")["id"] == template["id"]
        assert template["id"] in by_id(gazu.project_template.all_project_templates())
        assert (template["fps"], template["resolution"]) == ("24", "640x360"), template
        task_types = gazu.project_template.all_task_types_for_project_template(template)
        wanted = {row["id"] for row in gazu.task.all_task_types_for_project(day.project)}
        assert {row.get("task_type_id", row["id"]) for row in task_types} == wanted, task_types
        gazu.project_template.remove_task_type_from_project_template(template, day.task_types["lookdev"])
        gazu.project_template.add_task_status_to_project_template(template, day.statuses["done"], 3)
        gazu.project_template.update_project_template({"id": template["id"], "fps": "30"})
        assert gazu.project_template.get_project_template(template["id"])["fps"] == "30"
        columns = [{"name": "Lens", "entity_type": "Shot", "data_type": "string"}]
        gazu.project_template.set_project_template_metadata_descriptors(template, columns)
        day.stream.caught_up()
        apply_template(day, template, wanted - {day.task_types["lookdev"]["id"]})
    finally:
        gazu.project_template.remove_project_template(template)
        day.stream.caught_up()


def apply_template(day, template, task_types):
    """A blank production takes what the template says."""
    blank = gazu.project.new_project(f"Blank {TAG}", production_type="short")
    try:
        gazu.project_template.apply_project_template(blank, template)
        assert gazu.project.get_project(blank["id"])["fps"] == "30"
        assert set(by_id(gazu.task.all_task_types_for_project(blank))) == task_types
        columns = columns_for("Shot", blank)
        assert "Lens" in {row["name"] for row in columns}, columns
    finally:
        gazu.project.close_project(blank)
        gazu.project.remove_project(blank, force=True)
